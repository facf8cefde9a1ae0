import { TestClock } from '@tashika/shared/time';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../store/index.ts';
import { openMemoryStore } from '../../store/testing/memory-store.ts';
import { endedRound, endOfRound, sampleRound, startSampler, trimSamples } from './sampler.ts';

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const sampleMs = 600_000;
const T = Date.UTC(2026, 5, 1);
const round = endedRound(T, sampleMs);

let store: Store;
beforeAll(async () => {
  store = await openMemoryStore({ logger });
});
afterAll(() => store.close());
beforeEach(async () => {
  await store.script('TRUNCATE fleet_sample, fleet_device, device, ledger, dead_letter');
  for (const imsi of ['a', 'b', 'c']) {
    await store.query(
      `INSERT INTO device (imsi, region, last_seen, clock, posts, last_values) VALUES ($1, '13', $2, 'synced', 7, $3::jsonb)`,
      [
        imsi,
        new Date(T - 1_000),
        JSON.stringify({ 'agent/version': { value: '1.4.0' }, 'agent/starts': { value: 3 } }),
      ],
    );
    if (imsi !== 'c') await known(imsi);
  }
  await ledger('a', 'one', [10, 2, 1, 0]);
  await ledger('a', 'two', [5, 0, 0, 4]);
});

const known = (imsi: string) =>
  store.query(
    `INSERT INTO fleet_device (tenant, controller_id, imsi, first_poll, last_poll) VALUES ('tashika', $1, $1, $2, $2)`,
    [imsi, new Date(T)],
  );
const ledger = (imsi: string, stream: string, [received, missing, lost, held]: readonly number[]) =>
  store.query(
    `INSERT INTO ledger (imsi, stream, received_count, missing_count, lost_count, held, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [imsi, stream, received!, missing!, lost!, held!, new Date(T)],
  );
let letters = 0;
const deadLetter = (imsi: string | null, at: number) =>
  store.query(
    `INSERT INTO dead_letter (reason, detail, received_at, imsi, namespace, hub, partition_id, sequence_number, body)
     VALUES ('event-too-early', '', $2, $1, 'n', 'h', '0', $3, '')`,
    [imsi, new Date(at), letters++],
  );
const samples = (columns = '*') => store.query(`SELECT ${columns} FROM fleet_sample ORDER BY round, imsi`);

describe('a sample', () => {
  it('is what all streams of a device come to, with its last words, for the devices whose SIM is known', async () => {
    expect(await sampleRound(store, round, { sampleMs })).toBe(2);
    expect(await samples()).toEqual([
      {
        round,
        imsi: 'a',
        region: '13',
        received: 15,
        missing: 2,
        lost: 1,
        held: 4,
        posts: 7,
        dead_letters: 0,
        last_seen: new Date(T - 1_000),
        clock: 'synced',
        starts: 3,
        agent_version: '1.4.0',
        system_version: null,
      },
      expect.objectContaining({ imsi: 'b', received: 0, held: 0 }),
    ]);
  });

  it('is taken once a round, whoever tries', async () => {
    const taken = await Promise.all([1, 2, 3].map(() => sampleRound(store, round, { sampleMs })));
    expect(taken.sort()).toEqual([0, 0, 2]);
    await store.script('UPDATE device SET posts = 9');
    expect(await sampleRound(store, round, { sampleMs })).toBe(0);
    expect(await samples('posts')).toEqual([{ posts: 7 }, { posts: 7 }]);
  });

  it('has the dead letters since the last round that was sampled, each once', async () => {
    await sampleRound(store, round, { sampleMs });
    for (const minutes of [-30, 1, 11, 19.4, 19.6]) await deadLetter('a', T + minutes * 60_000);
    await deadLetter(null, T + 60_000);
    await sampleRound(store, round + 2, { sampleMs });
    await sampleRound(store, round + 3, { sampleMs });
    expect(await samples('dead_letters')).toEqual([0, 0, 3, 0, 1, 0].map((dead_letters) => ({ dead_letters })));
  });

  it('says nothing of starts and versions that are none', async () => {
    const values = [
      { 'agent/starts': { value: 1e300 }, 'agent/version': { value: 4 } },
      { 'agent/starts': { value: 'three' }, 'agent/system': { value: 'x'.repeat(500) } },
    ];
    for (const [index, value] of values.entries())
      await store.query('UPDATE device SET last_values = $2::jsonb WHERE imsi = $1', [
        'ab'[index]!,
        JSON.stringify(value),
      ]);
    await sampleRound(store, round, { sampleMs });
    expect(await samples('starts, agent_version, length(system_version) AS system')).toEqual([
      { starts: null, agent_version: null, system: null },
      { starts: null, agent_version: null, system: 100 },
    ]);
  });
});

describe('the sampler', () => {
  it('samples each round at its end, and leaves out what it was not there for', async () => {
    const clock = new TestClock(T + 200_000);
    const sampler = startSampler({ store, clock, logger, settings: { sampleMs, samplesDays: 1 } });
    for (let step = 0; step < 12; step++) await settled(clock, 100_000);
    clock.setWall(clock.now() + 1_500_000);
    for (let step = 0; step < 12; step++) await settled(clock, 100_000);
    await sampler.stop();
    const rounds = await store.query<{ round: number }>('SELECT DISTINCT round FROM fleet_sample ORDER BY round');
    expect(rounds.map((row) => row.round - round)).toEqual([1, 2, 6]);
    expect(endOfRound(round, sampleMs)).toBe(T);
  });

  it('trims what is older bit by bit', async () => {
    for (const age of [400, 300, 200, 100]) await sampleRound(store, round - age, { sampleMs });
    let pauses = 0;
    const pause = async () => ++pauses < 100;
    expect(await trimSamples(store, round - 150, pause, 2)).toBe(6);
    expect(pauses).toBe(3);
    expect(await samples('round')).toEqual([{ round: round - 100 }, { round: round - 100 }]);
  });
});

/** Moves the clock on, and lets statements that were begun come back. */
async function settled(clock: TestClock, ms: number): Promise<void> {
  await clock.advance(ms);
  await store.query('SELECT 1');
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}
