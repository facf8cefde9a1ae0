import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../rig/index.ts';
import { haveLivingSystemd, LivingSystemd, Receiver } from './rig/index.ts';

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));
const UNIT = join(CHECKOUT, 'edge/systemd/tashika-edge.service');
const WATCHDOG_S = 8;
/** What systemd gives to users that it makes for a service (systemd.exec(5), DynamicUser). */
const DYNAMIC_USERS = [61_184, 65_519] as const;

/** The unit's own walls stay; the agent is the build, on the Node of this test, and less patience is had with it. */
const dropIn = (port: number) => `
[Unit]
DefaultDependencies=no
[Service]
BindReadOnlyPaths=${CHECKOUT}:/run/checkout ${process.execPath}:/run/node
ExecStart=
ExecStart=/run/node /run/checkout/edge/dist/main.js run
Environment=TASHIKA_EDGE_REGION=13 TASHIKA_EDGE_METADATA_USER_DATA=false TASHIKA_EDGE_CLOCK_TRUSTED=always
Environment=TASHIKA_EDGE_UPLINK_URL=http://127.0.0.1:${port} TASHIKA_EDGE_UPLINK_BATCH_AGE_MS=100
Environment=TASHIKA_EDGE_SENSORS_SYSTEM_INTERVAL_MS=500
WatchdogSec=${WATCHDOG_S}
RestartSec=100ms
StandardOutput=append:/run/agent.log
StandardError=inherit
`;

describe.skipIf(!haveLivingSystemd())('the unit under a living systemd', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tashika-systemd-'));
  let receiver: Receiver;
  let systemd: LivingSystemd;

  beforeAll(async () => {
    receiver = await Receiver.start();
    systemd = await LivingSystemd.start(directory, UNIT, dropIn(receiver.port));
  });

  afterAll(async () => {
    await systemd?.[Symbol.asyncDispose]();
    await receiver?.[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  const isActive = async () => (await systemd.show('ActiveState')) === 'active';
  const uptimes = () => receiver.valuesOf('system/uptime') as number[];

  it('is ready when the agent says so, which runs as a user of its own and sends what it reads', async () => {
    await until('the unit to be ready', isActive, 60_000);
    expect(await systemd.read('/run/agent.log')).toContain('"msg":"the agent runs"');
    await receiver.until('readings', () => uptimes().length >= 3);
    const user = Number(await systemd.show('UID'));
    expect(user).toBeGreaterThanOrEqual(DYNAMIC_USERS[0]);
    expect(user).toBeLessThanOrEqual(DYNAMIC_USERS[1]);
    expect(await systemd.show('StatusText')).toMatch(
      /^region 13; clock synced; \d+ readings held; last post accepted: /,
    );
  });

  it('is fed for as long as the agent gets on', async () => {
    const [begun] = uptimes();
    await receiver.until('longer than the watchdog waits', () => uptimes().at(-1)! > begun! + 1.5 * WATCHDOG_S);
    expect([await systemd.show('NRestarts'), await systemd.show('Result')]).toEqual(['0', 'success']);
  });

  it('is started again when the agent does not, and goes on with its spool', async () => {
    await systemd.freeze();
    await until('another start', async () => (await systemd.show('NRestarts')) === '1', 60_000);
    await until('the unit to be ready again', isActive, 60_000);
    const before = uptimes().length;
    await receiver.until('readings again', () => uptimes().length > before + 2);
    expect([receiver.streams, receiver.lost]).toEqual([1, 0]);
  });

  it('ends by itself when it is told to', async () => {
    await systemd.stop();
    const told = await Promise.all(['ActiveState', 'Result', 'ExecMainStatus'].map((each) => systemd.show(each)));
    expect(told).toEqual(['inactive', 'success', '0']);
    expect((await systemd.read('/run/agent.log')).trimEnd().split('\n').at(-1)).toContain(
      '"msg":"the agent has stopped"',
    );
  });
});
