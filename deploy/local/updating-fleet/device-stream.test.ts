import type { Store } from '@tashika/cloud/store';
import { openMemoryStore } from '@tashika/cloud/store/testing';
import { TestClock } from '@tashika/shared/time';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DeviceStream } from './device-stream.ts';
import { LedgerLine } from './ledger-line.ts';
import { badImages, ModelFleet } from './model/index.ts';

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const STEP_MS = 600_000;

let store: Store;
beforeAll(async () => {
  store = await openMemoryStore({ logger });
});
afterAll(() => store.close());

it('brings to the ledger what the model says that a ledger would have', async () => {
  const clock = new TestClock();
  const fleet = new ModelFleet({ seed: 3, devices: 24, at: clock.now(), stepMs: STEP_MS, habits: OFTEN });
  const streams = new Map(fleet.devices.map((device) => [device, new DeviceStream(device)]));
  const line = await LedgerLine.open(store, clock, logger);
  const whenPosted = new Map<string, object>();
  const images = badImages('13', 'tashika-rpi4');
  fleet.devices[0]!.install('2', images['loses-readings'], clock.now());
  fleet.devices[1]!.install('3', images['clock-ahead'], clock.now());
  fleet.devices[2]!.install('4', images['spool-grows'], clock.now());
  for (let round = 0; round < 60; round++) {
    clock.setWall(fleet.now + STEP_MS);
    const sent: { imsi: string; post: ReturnType<DeviceStream['posts']>[number] }[] = [];
    fleet.step((device, step) => {
      const posts = streams.get(device)!.posts(step, clock.now(), STEP_MS);
      sent.push(...posts.map((post) => ({ imsi: device.imsi, post })));
      const { received, missing, lost, held } = device;
      const ofAgent = streams.get(device)!.ofAgent;
      if (step.posts > 0) whenPosted.set(device.imsi, { received: received + ofAgent, missing, lost, held });
    });
    await line.commit(sent);
  }
  const rows = await store.query<{ imsi: string; received: number; missing: number; lost: number; held: number }>(
    `SELECT ledger.imsi, total.received, total.through - total.received - total.lost AS missing, total.lost, ledger.held
       FROM ledger, LATERAL (SELECT
         (SELECT coalesce(sum(upper(r) - lower(r)), 0) FROM unnest(received) AS r) AS received,
         (SELECT coalesce(sum(upper(r) - lower(r)), 0) FROM unnest(lost) AS r) AS lost,
         greatest(upper(received), upper(lost)) - 1 AS through) AS total`,
  );
  const inLedger = new Map(rows.map(({ imsi, ...figures }) => [imsi, figures]));
  expect(Object.fromEntries(inLedger)).toEqual(Object.fromEntries(whenPosted));
  for (const figure of ['missing', 'lost', 'held'] as const)
    expect(
      rows.some((row) => row[figure] > 0),
      figure,
    ).toBe(true);
  const letters = await store.query<{ imsi: string; count: number }>(
    'SELECT imsi, count(*) FROM dead_letter GROUP BY 1',
  );
  const refused = fleet.devices.filter(({ deadLetters }) => deadLetters > 0);
  expect(refused.length).toBeGreaterThan(1);
  expect(letters.map(({ imsi }) => imsi).sort()).toEqual(refused.map(({ imsi }) => imsi).sort());
  const [told] = await store.query<{ starts: number; version: string }>(
    `SELECT last_values #> '{agent/starts,value}' AS starts, last_values #> '{agent/version,value}' AS version
       FROM device WHERE imsi = $1`,
    [fleet.devices[0]!.imsi],
  );
  expect(told).toEqual({ starts: fleet.devices[0]!.starts, version: '2' });
});

/** Everything that a device may do happens within hours. */
const OFTEN = { lossesPerDay: 4, overtakingPerDay: 8, strayDeadLettersPerDay: 0.5, outagesPerDay: 8, startsPerDay: 4 };
