import { mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TashikaError } from '@tashika/shared/errors';
import { TestClock } from '@tashika/shared/time';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type MetadataService, startMetadataService } from '../testing/metadata-service.ts';
import { until } from '../testing/until.ts';
import { hashOf, Provisioner, type ProvisioningState, summaryOf } from './index.ts';

const ONE = '{"log":{"level":"warn"}}';
const TWO = '{"log":{"level":"error"}}';
const THREE = '{"log":{"level":"debug"}}';
const BAD = '{"log":{"level":"loud"}}';

let dataDirectory: string;
let metadata: MetadataService;
let clock: TestClock;
let provisioner: Provisioner;
let told: ProvisioningState[];

beforeEach(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'tashika-provisioning-'));
  metadata = await startMetadataService(ONE);
});
afterEach(async () => {
  await provisioner.stop();
  metadata.close();
  await rm(dataDirectory, { recursive: true });
});

function newProvisioner(env: Record<string, string> = {}): Provisioner {
  clock = new TestClock();
  told = [];
  provisioner = new Provisioner({
    local: { file: { dataDirectory, metadata: { url: metadata.url, timeoutMs: 2_000 } }, env },
    clock,
    random: () => 0.5,
    logger: pino({ level: 'silent' }),
    onState: (state) => told.push(state),
  });
  return provisioner;
}

/** Waits until the provisioner has asked so often in all, and gone to sleep, as only its timer shows. */
async function asked(times: number, timers = 1): Promise<void> {
  await until(() => metadata.asked >= times && clock.pending >= timers);
  expect([metadata.asked, clock.pending]).toEqual([times, timers]);
}

const AN_HOUR = 3_600_000;
const levelOf = async () => (await provisioner.choose()).configuration.log.level;

describe('an agent that is provisioned', () => {
  it('waits for user data at its very first start, and begins with them', async () => {
    await newProvisioner().start();
    expect(await levelOf()).toBe('warn');
    expect(summaryOf(provisioner.state!)).toBe(hashOf(ONE));
  });

  it('asks for them anew where what it kept can not be read', async () => {
    await mkdir(join(dataDirectory, 'user-data.json')); // what can't be read even by root
    await newProvisioner().start();
    expect(await levelOf()).toBe('warn');
  });

  it('begins without them when they do not come in time', async () => {
    metadata.trouble = 503;
    const starting = newProvisioner().start();
    await asked(1, 2);
    await clock.advance(5_000);
    await starting;
    expect(await levelOf()).toBe('info');
    expect(summaryOf(provisioner.state!)).toBe('none');
    metadata.trouble = undefined;
    await clock.advance(300_000);
    await provisioner.changed;
    expect(await levelOf()).toBe('warn');
  });

  it('is offline and begins with the last good ones, kept where only it can read', async () => {
    await newProvisioner().start();
    await levelOf();
    provisioner.running();
    await clock.advance(60_000);
    await provisioner.stop();
    metadata.trouble = 503;
    await newProvisioner().start();
    expect(await levelOf()).toBe('warn');
    expect((await stat(join(dataDirectory, 'user-data.json'))).mode & 0o077).toBe(0);
  });

  it('is told when they change, after an hour less up to a half', async () => {
    await newProvisioner().start();
    await levelOf();
    await asked(1);
    metadata.userData = TWO;
    let changed = false;
    void provisioner.changed.then(() => {
      changed = true;
    });
    await clock.advance(AN_HOUR * 0.74);
    await asked(1);
    expect(changed).toBe(false);
    await clock.advance(AN_HOUR * 0.02);
    await asked(2);
    await provisioner.changed;
    expect(await levelOf()).toBe('error');
  });

  it('refuses bad ones with the reason, once, and goes on with the last good ones', async () => {
    await newProvisioner().start();
    await levelOf();
    provisioner.running();
    await asked(1, 2);
    metadata.userData = BAD;
    for (const times of [2, 3]) {
      await clock.advance(AN_HOUR);
      await asked(times);
    }
    expect(told.map(summaryOf)).toEqual([
      hashOf(ONE),
      expect.stringMatching(
        new RegExp(`^${hashOf(ONE)}; refused ${hashOf(BAD)}: log.level must be "trace" or .*"loud"\\.$`),
      ),
    ]);
    metadata.userData = ONE;
    await clock.advance(AN_HOUR);
    await asked(4);
    expect(told.map(summaryOf).at(-1)).toBe(hashOf(ONE));
  });

  it('keeps the last good ones where the group has none any more', async () => {
    await newProvisioner().start();
    await levelOf();
    await asked(1);
    metadata.userData = undefined;
    await clock.advance(AN_HOUR);
    await asked(2);
    expect(await levelOf()).toBe('warn');
    expect(provisioner.state).toEqual({ hash: hashOf(ONE), refused: undefined });
  });

  it('takes other words for the same configuration without a new start', async () => {
    await newProvisioner().start();
    await levelOf();
    await asked(1);
    metadata.userData = ` { "log": { "level" : "warn" } }`;
    await clock.advance(AN_HOUR);
    await asked(2);
    expect(provisioner.state?.hash).toBe(hashOf(metadata.userData));
    expect(JSON.parse(await readFile(join(dataDirectory, 'user-data.json'), 'utf8')).accepted).toBe(
      metadata.userData.trim(),
    );
  });

  it('goes back to the last good ones, then to its own settings, when no agent can be started', async () => {
    await newProvisioner().start();
    await levelOf();
    provisioner.running();
    await clock.advance(60_000);
    await asked(1);
    metadata.userData = TWO;
    await clock.advance(AN_HOUR);
    await asked(2);
    expect(await levelOf()).toBe('error');
    expect(await provisioner.failed(new TashikaError('SENSOR_UNAVAILABLE', 'No such chip.'))).toBe(true);
    expect(await levelOf()).toBe('warn');
    provisioner.running();
    expect(summaryOf(told.at(-1)!)).toBe(`${hashOf(ONE)}; refused ${hashOf(TWO)}: No such chip.`);
    expect(await provisioner.failed(new Error('none of it'))).toBe(true);
    expect(await levelOf()).toBe('info');
    expect(await provisioner.failed(new Error('nor this'))).toBe(false);
  });

  it('keeps the trial of newer ones apart from the trial of those that the agent runs with', async () => {
    await newProvisioner({ TASHIKA_EDGE_METADATA_ASK_EVERY_MS: '20000' }).start();
    await levelOf();
    provisioner.running();
    await asked(1, 2);
    for (const [text, times] of [
      [TWO, 2],
      [THREE, 3], // the agent takes its time to stop
    ] as const) {
      metadata.userData = text;
      await clock.advance(20_000);
      await provisioner.changed;
      await asked(times);
    }
    const kept = JSON.parse(await readFile(join(dataDirectory, 'user-data.json'), 'utf8'));
    expect(kept).toMatchObject({ accepted: ONE, trial: { text: THREE, starts: 0 } });
  });

  it('has written what it knows once it has stopped, the newest last', async () => {
    const readKept = async () => JSON.parse(await readFile(join(dataDirectory, 'user-data.json'), 'utf8'));
    await newProvisioner().start();
    await levelOf();
    provisioner.running();
    await clock.advance(60_000);
    const failing = provisioner.failed(new Error('broken'));
    await provisioner.stop();
    expect(await readKept()).toMatchObject({ failed: { reason: 'broken' } });
    expect(await failing).toBe(true);
  });

  it('gives up user data with which the process ended again and again, after a new start too', async () => {
    await newProvisioner().start();
    await levelOf();
    provisioner.running();
    await clock.advance(60_000);
    await asked(1);
    metadata.userData = TWO;
    await clock.advance(AN_HOUR);
    await asked(2);
    for (const level of ['error', 'error', 'error', 'warn']) {
      await provisioner.stop();
      await newProvisioner().start();
      expect(await levelOf()).toBe(level);
    }
    expect(summaryOf(provisioner.state!)).toContain(`refused ${hashOf(TWO)}: The agent ended 3 times`);
  });

  it('asks for none where they are switched off', async () => {
    await newProvisioner({ TASHIKA_EDGE_METADATA_USER_DATA: 'false' }).start();
    expect(await levelOf()).toBe('info');
    provisioner.running();
    expect([metadata.asked, provisioner.state, told]).toEqual([0, undefined, []]);
  });

  it('takes a portal page for no answer', async () => {
    metadata.userData = '<html>Log in</html>';
    const starting = newProvisioner().start();
    await asked(1, 2);
    await clock.advance(5_000);
    await starting;
    await levelOf();
    expect(provisioner.state).toEqual({ hash: undefined, refused: undefined });
  });
});
