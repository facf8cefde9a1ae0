import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gaps, normalise, type SequenceRange } from '@tashika/shared/sequence';
import { decodePayload } from '@tashika/shared/telemetry';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Agent, startAgent } from './agent.ts';
import { loadEdgeConfiguration } from './config/index.ts';
import type { SensorSink, SensorSource } from './sensors/port.ts';
import { seededRandom } from './sensors/testing/random.ts';
import { startAgentProcess } from './testing/agent-process.ts';
import { until } from './testing/until.ts';
import {
  accept,
  type FickleLink,
  reset,
  startFickleLink,
  status,
  type Treatment,
} from './uplink/testing/fickle-link.ts';

let directory: string;
let link: FickleLink;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tashika-agent-'));
  link = await startFickleLink();
});
afterEach(async () => {
  await link.close();
  await rm(directory, { recursive: true, force: true });
});

const environment = () => ({
  TASHIKA_EDGE_REGION: '13',
  TASHIKA_EDGE_METADATA_USER_DATA: 'false',
  TASHIKA_EDGE_DATA_DIRECTORY: join(directory, 'data'),
  TASHIKA_EDGE_UPLINK_URL: link.url,
  TASHIKA_EDGE_UPLINK_BATCH_AGE_MS: '100',
  TASHIKA_EDGE_UPLINK_RETRY_FIRST_MS: '20',
  TASHIKA_EDGE_UPLINK_RETRY_MOST_MS: '50',
  TASHIKA_EDGE_SPOOL_FSYNC_MS: '20',
  TASHIKA_EDGE_SPOOL_MAX_BYTES: '1000000',
  TASHIKA_EDGE_SPOOL_SEGMENT_BYTES: '4096',
  TASHIKA_EDGE_CLOCK_TRUSTED: 'always',
  TASHIKA_EDGE_SENSORS_SYSTEM_INTERVAL_MS: '100',
});

/** Every reading that arrived, answered or not, by stream and number; fails when a number has two contents. */
function ledger(): Map<string, Map<number, string>> {
  const streams = new Map<string, Map<number, string>>();
  for (const post of link.posts) {
    const decoded = decodePayload(JSON.parse(JSON.stringify(post)), Date.now());
    if (!decoded.ok) throw new Error(decoded.detail);
    const { stream, seq, readings } = decoded.value;
    const numbers = streams.get(stream!) ?? new Map<number, string>();
    streams.set(stream!, numbers);
    readings.forEach((reading, index) => {
      const content = JSON.stringify(reading);
      expect(numbers.get(seq + index) ?? content, `number ${seq + index}`).toBe(content);
      numbers.set(seq + index, content);
    });
  }
  return streams;
}

function missing(numbers: Map<number, string>): readonly SequenceRange[] {
  const ranges = normalise([...numbers.keys()].map((number): SequenceRange => [number, number]));
  return gaps(ranges, Math.max(...numbers.keys()));
}

// Five starts of a program, each from source where nothing is built.
describe('an agent that is killed mid-work, on a link that misbehaves', { timeout: 240_000 }, () => {
  it('has every reading counted once: no number is missing, and none means two readings', async () => {
    const random = seededRandom(11);
    link.otherwise = (...args) => {
      const treatments: Treatment[] = [accept, accept, accept, reset, status(503)];
      treatments[Math.floor(random() * treatments.length)]!(...args);
    };
    for (let life = 0; life < 4; life++) {
      const agent = startAgentProcess(['run'], environment());
      await agent.says('the agent runs');
      const posts = link.posts.length;
      await until(() => link.posts.length >= posts + 2 + Math.floor(random() * 4));
      expect(await agent.end('SIGKILL')).toBe('SIGKILL');
    }
    link.otherwise = accept;
    const last = startAgentProcess(['run'], environment());
    await last.says('the agent runs');
    const posts = link.posts.length;
    await until(() => link.posts.length >= posts + 2);
    expect(await last.end('SIGTERM')).toBe(0);

    const streams = ledger();
    expect(streams.size).toBe(1);
    const [numbers] = streams.values();
    expect(missing(numbers!)).toEqual([]);
    expect(link.posts.flatMap(({ lost = [] }) => lost)).toEqual([]);
    expect(link.posts.at(-1)).toMatchObject({ held: 0, clock: 'synced' });
  });
});

describe('tashika-edge', () => {
  const end = (args: string[], env = environment()) => startAgentProcess(args, env);

  it('drains on SIGTERM: what was measured is sent, and the exit is clean', async () => {
    const agent = end(['run'], { ...environment(), TASHIKA_EDGE_UPLINK_BATCH_AGE_MS: '60000' });
    await agent.says('the agent runs');
    await until(() => agent.stdout.includes('sensor running'));
    expect(await agent.end('SIGTERM')).toBe(0);
    expect(link.accepted.at(-1)).toMatchObject({ seq: 1, held: 0 });
    expect(agent.stdout).toContain('the agent has stopped');
  });

  it('stops at once on a second signal', async () => {
    link.otherwise = () => undefined;
    const agent = end(['run']);
    await agent.says('the agent runs');
    await until(() => link.posts.length > 0);
    agent.child.kill('SIGTERM');
    await agent.says('stopping');
    // By itself it would end later, with 0.
    expect(await agent.end('SIGINT')).toBe(1);
  });

  it('does not share its data directory', async () => {
    const first = end(['run']);
    await first.says('the agent runs');
    const second = end(['run']);
    expect(await second.ended).toBe(1);
    expect(second.stderr).toMatch(/^DATA_DIRECTORY_IN_USE: .*\n$/);
    await first.end('SIGTERM');
  });

  it.each<[string, string[], Record<string, string>, number, RegExp]>([
    ['no command', [], {}, 2, /^USAGE: A command is missing/],
    ['an unknown command', ['fly'], {}, 2, /^USAGE: Unknown command: fly/],
    ['an unknown option', ['run', '--fast'], {}, 2, /^USAGE: .*--fast/],
    ['a file that is not there', ['run', '--config', '/nowhere.json'], {}, 78, /^CONFIG_UNREADABLE: /],
    ['a bad setting', ['run'], { TASHIKA_EDGE_REGION: 'Gondor' }, 78, /^CONFIG_INVALID: region must/],
    [
      'a data directory that can not be one',
      ['run'],
      { TASHIKA_EDGE_DATA_DIRECTORY: '/dev/null', TASHIKA_EDGE_METADATA_USER_DATA: 'false' },
      1,
      /^DATA_DIRECTORY_UNWRITABLE: /,
    ],
  ])('says what is wrong with %s', async (_name, args, env, code, message) => {
    const agent = startAgentProcess(args, env);
    expect(await agent.ended).toBe(code);
    expect(agent.stderr).toMatch(message);
    expect(agent.stderr.split('\n')).toHaveLength(2);
  });

  it('explains itself', async () => {
    const agent = startAgentProcess(['--help']);
    expect(await agent.ended).toBe(0);
    expect(agent.stdout).toContain('tashika-edge check');
  });
});

describe('the agent', () => {
  let sink: SensorSink;
  let agent: Agent | undefined;
  const probe: SensorSource = {
    name: 'probe',
    figures: { failures: 2, heldBack: 5 },
    start: async (given) => {
      sink = given;
      sink.state('running');
    },
    stop: async () => undefined,
    check: async () => [],
  };

  async function start(env: Record<string, string> = {}): Promise<Agent> {
    const configuration = loadEdgeConfiguration(undefined, { ...environment(), ...env });
    const provisioning = () => ({ hash: '019c5e31e662', refused: { hash: '4f53cda18c2b', reason: 'It is a list.' } });
    agent = await startAgent(configuration, { logger: pino({ level: 'silent' }), sensors: [probe], provisioning });
    return agent;
  }

  afterEach(async () => {
    await agent?.stop(AbortSignal.timeout(5_000));
    agent = undefined;
  });

  it('refuses absurd values at its door, and nothing else stops', async () => {
    const { figures } = await start();
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number('1e400'), null as unknown as number, 7])
      sink.measured({ sensor: 'probe/x', value });
    sink.measured({ sensor: '', value: 1 });
    await until(() => link.accepted.length > 0);
    expect(link.accepted[0]).toMatchObject({ seq: 1, pack: [{ n: 'probe/x', v: 7 }] });
    expect([agent!.figures.refused, agent!.figures.spool.appended, figures.refused]).toEqual([5, 1, 0]);
  });

  it("keeps a measurement's own time, and no time that is none", async () => {
    await start();
    const taken = Number(process.hrtime.bigint() / 1_000_000n) - 5_000;
    sink.measured({ sensor: 'probe/x', value: 1, at: { monotonicMs: taken } });
    sink.measured({ sensor: 'probe/x', value: 2, at: { monotonicMs: Number.NaN } });
    await until(() => link.accepted.length > 0);
    const decoded = decodePayload(JSON.parse(JSON.stringify(link.accepted[0])), Date.now());
    const ages = decoded.ok ? decoded.value.readings.map(({ time }) => Math.round((Date.now() - time) / 1_000)) : [];
    expect(ages).toEqual([5, 0]);
  });

  it('tells of itself on loopback', async () => {
    const update = { TASHIKA_EDGE_UPDATE_URL: 'http://127.0.0.1:9', TASHIKA_EDGE_UPDATE_DIRECTORY: directory };
    const { healthPort } = await start({ TASHIKA_EDGE_HEALTH_PORT: '0', ...update });
    sink.measured({ sensor: 'probe/x', value: 1 });
    sink.state('failed', 'unplugged');
    await until(() => link.accepted.length > 0);
    const ask = async (path: string) => (await fetch(`http://127.0.0.1:${healthPort}${path}`)).text();
    await until(() => agent!.figures.spool.held === 0);
    expect(JSON.parse(await ask('/health'))).toMatchObject({
      status: 'degraded',
      userData: { hash: '019c5e31e662', refused: { reason: 'It is a list.' } },
      region: '13',
      clock: 'synced',
      spool: { appended: 1, held: 0, lost: 0 },
      update: {
        stage: 'unknown',
        action: null,
        lastStepAt: null,
        lastOutcome: 'unknown',
        last: null,
        bytesToday: null,
      },
      sensors: { probe: { state: 'failed', detail: 'unplugged', failures: 2, heldBack: 5 } },
    });
    const metrics = await ask('/metrics');
    expect(metrics).toContain('tashika_edge_readings_total 1');
    expect(metrics).toContain('tashika_edge_posts_total{verdict="accepted"} 1');
    expect(metrics).toContain('tashika_edge_sensor_running{sensor="probe"} 0');
    expect(metrics).toContain('tashika_edge_user_data_info{hash="019c5e31e662"} 1');
    expect(metrics).toContain('tashika_edge_user_data_refused 1');
    expect(metrics).toContain('tashika_edge_update_stage{stage="unknown"} 1');
    expect(metrics).toContain('tashika_edge_sensor_state{sensor="probe",state="failed"} 1');
    expect(metrics).toContain('tashika_edge_sensor_failures_total{sensor="probe"} 2');
    expect(metrics).toContain('tashika_edge_sensor_held_back_total{sensor="probe"} 5');
    expect(await ask('/metrics')).toContain('tashika_edge_readings_total 1');
  });

  it('says which port is busy, and lets its data directory go', async () => {
    const first = await start({ TASHIKA_EDGE_HEALTH_PORT: '0' });
    const elsewhere = {
      TASHIKA_EDGE_DATA_DIRECTORY: join(directory, 'other'),
      TASHIKA_EDGE_HEALTH_PORT: String(first.healthPort),
    };
    await expect(start(elsewhere)).rejects.toEqual(expect.objectContaining({ code: 'PORT_BUSY' }));
    await first.stop(AbortSignal.timeout(5_000));
    await start({ TASHIKA_EDGE_DATA_DIRECTORY: join(directory, 'other') });
  });

  it('keeps what it can not send yet, because it does not know its region', async () => {
    const { TASHIKA_EDGE_REGION: _region, ...env } = environment();
    const configuration = loadEdgeConfiguration(undefined, { ...env, TASHIKA_EDGE_METADATA_URL: 'http://127.0.0.1:1' });
    agent = await startAgent(configuration, { logger: pino({ level: 'silent' }), sensors: [probe] });
    sink.measured({ sensor: 'probe/x', value: 1 });
    await agent.stop(AbortSignal.timeout(5_000));
    expect(link.posts).toEqual([]);
    await start();
    await until(() => link.accepted.length > 0);
    expect(link.accepted[0]).toMatchObject({ seq: 1, pack: [{ v: 1 }] });
  });
});
