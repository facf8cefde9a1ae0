import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../store/index.ts';
import { openMemoryStore } from '../../store/testing/memory-store.ts';
import type { JudgedRollout } from '../rollout/gate.ts';
import { addDevices, addImages } from '../rollout/testing/sample-fleet.ts';
import { samplePlan } from '../rollout/testing/sample-plan.ts';
import { ledgerGate, readRound } from './look.ts';
import { endedRound, endOfRound, sampleRound } from './sampler.ts';

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const sampleMs = 600_000;
const T = Date.UTC(2026, 5, 1);
const first = endedRound(T, sampleMs);
const rollout: JudgedRollout = {
  id: 'agent-1-5-0',
  tenant: 'tashika',
  kind: 'agent',
  version: '1.5.0',
  plan: samplePlan(),
  startedAt: T + 2 * sampleMs,
  wave: 1,
  round: 0,
  state: async () => ({}),
};

let store: Store;
beforeAll(async () => {
  store = await openMemoryStore({ logger });
  await addImages(store, ['1.4.0', '1.5.0'], T);
  for (const id of ['agent-1-5-0', 'other', 'over'])
    await store.query(
      `INSERT INTO rollout (id, tenant, kind, version, plan, state, wave, since, created_at, created_by, started_at, ended_at)
       VALUES ($1, 'tashika', 'agent', '1.5.0', '{}', 'running', 1, $2, $2, 'Aiko', $2, $3)`,
      [id, new Date(T), id === 'over' ? new Date(T) : null],
    );
});
afterAll(() => store.close());
beforeEach(async () => {
  await store.script('TRUNCATE fleet_sample, fleet_device, device, ledger, rollout_device, deployment_action CASCADE');
  await addDevices(store, 8, T);
  await store.query(
    `INSERT INTO ledger (imsi, stream, received_count, updated_at) SELECT imsi, 's', 100, $1 FROM device`,
    [new Date(T)],
  );
});

async function sampled(...rounds: readonly number[]): Promise<void> {
  for (const round of rounds) {
    await store.script(`UPDATE ledger SET received_count = received_count + 60, missing_count = missing_count + 1;
                        UPDATE device SET posts = posts + 5`);
    await sampleRound(store, first + round, { sampleMs });
  }
}
const member = (id: string, state: string, { in: of = rollout.id, since = 1, updated = -1, offered = -1 } = {}) =>
  store.script(`
    INSERT INTO rollout_device (rollout_id, controller_id, wave, state, since, updated_at)
    VALUES ('${of}', '${id}', 1, '${state}', ${time(since)}, ${time(updated)});
    ${
      offered < 0
        ? ''
        : `INSERT INTO deployment_action (tenant, controller_id, rollout_id, purpose, kind, version, state, created_at)
    VALUES ('tashika', '${id}', '${of}', 'update', 'agent', '1.5.0', 'closed', ${time(offered)})`
    }`);
const time = (rounds: number) => (rounds < 0 ? 'NULL' : `'${new Date(T + rounds * sampleMs).toISOString()}'`);
const now = T + 20 * sampleMs;
const read = (after: number) => readRound(store, rollout, first + after, { now, sampleMs });
const roles = async (after: number) =>
  Object.fromEntries(
    (await read(after))!.devices.map(({ controllerId, updatedAt, kept, aside }) => [
      controllerId,
      aside ? 'aside' : updatedAt === undefined ? 'neighbour' : kept ? 'kept' : 'updated',
    ]),
  );

describe('a round as the gate looks at it', () => {
  it('has the differences to the round before, also where some were left out', async () => {
    await sampled(0, 1, 4);
    expect(await read(0)).toMatchObject({ round: first + 1, at: endOfRound(first + 1, sampleMs), roundMs: sampleMs });
    const later = await read(1);
    expect(later).toMatchObject({ round: first + 4, roundMs: 3 * sampleMs });
    expect(later!.devices.length).toBe(8);
    expect(later!.devices[0]).toMatchObject({
      controllerId: 'd0',
      region: '13',
      board: 'pi-5',
      readings: 60,
      gone: 1,
      posts: 5,
      agentVersion: '1.4.0',
    });
    expect(await read(4)).toBeUndefined();
  });

  it('is there once it has ended', async () => {
    await sampled(0, 1);
    expect(await readRound(store, rollout, first, { now: T + sampleMs - 1, sampleMs })).toBeUndefined();
    expect(await readRound(store, rollout, first, { now: T + sampleMs, sampleMs })).toBeDefined();
  });

  it('knows what each device was at its end, though that lies some way back', async () => {
    await sampled(0, 3);
    await member('d0', 'waiting');
    await member('d1', 'updated', { since: 2, updated: 2, offered: 1 });
    await member('d2', 'updated', { since: 5, updated: 5, offered: 1 });
    await member('d3', 'updated', { since: 6, updated: 6, offered: 5 });
    await member('d4', 'kept', { since: 2, updated: 1, offered: 1 });
    await member('d5', 'leaving', { since: 2, updated: 1, offered: 1 });
    await member('d6', 'skipped');
    expect(await roles(0)).toEqual({
      d0: 'neighbour',
      d1: 'updated',
      d2: 'aside',
      d3: 'neighbour',
      d4: 'kept',
      d5: 'aside',
      d6: 'aside',
      d7: 'neighbour',
    });
  });

  it('has no neighbour that another rollout has touched, for as long as that is under way', async () => {
    await sampled(0, 1);
    await member('d1', 'updated', { in: 'other' });
    await member('d2', 'waiting', { in: 'other' });
    await member('d3', 'updated', { in: 'over' });
    expect(await roles(0)).toMatchObject({ d1: 'aside', d2: 'neighbour', d3: 'neighbour' });
  });

  it('takes a count of starts that began anew as it is', async () => {
    const starts = (count: number) =>
      store.query(`UPDATE device SET last_values = last_values || $1::jsonb`, [
        JSON.stringify({ 'agent/starts': { value: count } }),
      ]);
    for (const [round, count] of [7, 9, 2].entries()) {
      await starts(count);
      await sampled(round);
    }
    expect((await read(0))!.devices[0]!.starts).toBe(2);
    expect((await read(1))!.devices[0]!.starts).toBe(2);
  });
});

describe('the gate of the ledger', () => {
  it('looks at each round once, from the oldest that is kept, and learns before it tells', async () => {
    await sampled(0, 1, 2, 3);
    const gate = ledgerGate({ sampleMs, samplesDays: 1 });
    const looks = [];
    for (let judged = rollout; looks.length < 9; ) {
      const look = await gate.look(store, judged, now);
      if (!look) break;
      looks.push(look);
      judged = { ...judged, round: look.round, state: async () => JSON.parse(JSON.stringify(look.state)) };
    }
    expect(looks.map(({ round }) => round - first)).toEqual([0, 1, 2, 3]);
    expect(looks.map(({ signals }) => signals.length)).toEqual([0, 0, 0, 7]);
    expect(looks.at(-1)!.verdict).toEqual({ verdict: 'watching' });
    expect(looks.at(-1)!.state).toMatchObject({ ids: ['d0', 'd1', 'd2', 'd3', 'd4', 'd5', 'd6', 'd7'] });
    const recent = ledgerGate({ sampleMs: sampleMs, samplesDays: 1 });
    const late = { ...rollout, startedAt: T + 86_400_000 + 2 * sampleMs };
    expect((await recent.look(store, late, now + 86_400_000))!.round - first).toBe(3);
  });
});
