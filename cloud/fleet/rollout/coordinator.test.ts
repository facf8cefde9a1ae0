import { TestClock } from '@tashika/shared/time';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../../store/index.ts';
import { type PostgresServer, startPostgresServer } from '../../store/postgres-server.ts';
import { openMemoryStore } from '../../store/testing/memory-store.ts';
import { closeAction, readAction } from '../ddi/action.ts';
import type { Verdict } from '../gate/index.ts';
import { startCoordinator, stepAll, stepRollout } from './coordinator.ts';
import type { Gate } from './gate.ts';
import { orderRollout, planRollout } from './plans.ts';
import { addDevices, addImages, dyingStore, finishAll, tellVersion, wholeOf } from './testing/sample-fleet.ts';

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const NOON = Date.UTC(2026, 5, 1, 12);
const MINUTE = 60_000;
const ROUND = 10 * MINUTE;
const id = 'agent-1-5-0';
const PLAN = {
  id,
  image: 'agent/1.5.0',
  target: {},
  waves: [{ devices: 2 }, { percent: 100 }],
  soakMinutes: 30,
  maintenanceWindow: { from: '01:00', to: '05:00' },
};

/** A gate that looks at each round and says what it is told to. */
function scripted(verdictOf: (round: number) => Verdict): Gate {
  return {
    async look(_transaction, rollout, now) {
      const round = rollout.round === 0 ? Math.floor(rollout.startedAt / ROUND) + 1 : rollout.round + 1;
      if ((round + 1) * ROUND > now) return undefined;
      const seen = (((await rollout.state()) as { seen?: number }).seen ?? 0) + 1;
      return {
        round,
        at: (round + 1) * ROUND,
        verdict: verdictOf(seen),
        signals: [
          {
            signal: 'silence',
            observed: 0,
            expected: 0,
            evidence: Number.POSITIVE_INFINITY,
            threshold: 100,
            devices: 1,
            worst: [],
            since: null,
          },
        ],
        state: { seen },
      };
    },
  };
}

const good = scripted(() => ({ verdict: 'good' }));
const badAtSixth = scripted((seen) =>
  seen < 6 ? { verdict: 'good' } : { verdict: 'bad', signal: 'silence', reason: 'they fall silent', devices: ['d1'] },
);

async function begin(store: Store): Promise<void> {
  await store.script(`TRUNCATE image, image_channel, fleet_device, device, rollout, rollout_device, deployment_action,
    action_feedback, fleet_audit, fleet_signal RESTART IDENTITY CASCADE`);
  await addImages(store, ['1.4.0', '1.5.0'], NOON);
  await addDevices(store, 8, NOON);
  const parts = { store, tenant: 'tashika', roundMs: ROUND };
  await planRollout(parts, PLAN, { by: 'Aiko', now: NOON });
  await orderRollout(parts, id, { order: 'start', by: 'Aiko' }, NOON);
}

/** Plays a rollout to its end: every ten minutes a step, and what updaters and devices say to it. */
async function play(store: Store, stepping: (now: number) => Promise<unknown>): Promise<unknown> {
  for (let minutes = 10; minutes <= 120; minutes += 10) {
    const now = NOON + minutes * MINUTE;
    await stepping(now);
    const finished = await finishAll(store, now + 1);
    for (const version of new Set(finished.values()))
      await tellVersion(
        store,
        [...finished.keys()].filter((device) => finished.get(device) === version),
        version,
        now + 2,
      );
  }
  return wholeOf(store);
}

let store: Store;
beforeAll(async () => {
  store = await openMemoryStore({ logger });
});
afterAll(() => store.close());
beforeEach(() => begin(store));

const stepIn = (into: Store, gate: Gate) => (now: number) =>
  stepRollout(into, gate, { tenant: 'tashika', id, now, monotonic: () => 0 });

describe('the coordinator', () => {
  it('brings a good rollout to its end, in the windows of its devices, each step on record', async () => {
    const payloads: string[] = [];
    const unlisten = await store.listen('fleet_action', (payload) => payloads.push(payload));
    const whole = (await play(store, stepIn(store, good))) as Record<string, Record<string, unknown>[]>;
    await unlisten();
    expect(whole.rollout).toMatchObject({ state: 'completed', wave: 2 });
    expect(whole.devices!.map(({ state }) => state)).toEqual(Array(8).fill('kept'));
    expect(whole.actions!.map((action) => action.maintenance)).toEqual(
      Array(8).fill({ from: '01:00', to: '05:00', timeZone: 'Asia/Tokyo' }),
    );
    expect(payloads.slice(0, 2).sort()).toEqual(
      whole
        .devices!.slice(0, 2)
        .map((each) => `tashika/${each.controller_id}`)
        .sort(),
    );
    const moves = whole.log!.filter(({ subject }) => subject === 'device:d3').map(({ to_state: to }) => to);
    expect(moves).toEqual(['offered', 'updated', 'kept']);
    expect(whole.signals!.length).toBeGreaterThan(5);
  });

  it('halts a bad one and rolls each device back to what it had, at any time of the day', async () => {
    const whole = (await play(store, stepIn(store, badAtSixth))) as Record<string, Record<string, unknown>[]>;
    expect(whole.rollout).toMatchObject({
      state: 'rolled-back',
      reason: 'they fall silent; no device tells the image any more',
      failing: { signal: 'silence', devices: ['d1'] },
    });
    expect(whole.devices!.map(({ state, purpose, version }) => [state, purpose, version])).toEqual(
      Array(8).fill(['rolled-back', 'rollback', '1.4.0']),
    );
    expect(
      whole.actions!.filter(({ purpose }) => purpose === 'rollback').map(({ maintenance }) => maintenance),
    ).toEqual(Array(8).fill(null));
  });

  it('comes to the same end wherever it is killed', async () => {
    const undisturbed = await play(store, stepIn(store, badAtSixth));
    await begin(store);
    let kills = 0;
    // Each step is killed after its first statement, then after its second, … until it comes to its end.
    const disturbed = await play(store, async (now) => {
      for (let nth = 1; ; nth++) {
        const dying = dyingStore(store, nth);
        await stepIn(dying.store, badAtSixth)(now).catch((error: Error) => expect(error.message).toBe('killed'));
        if (!dying.died()) return;
        kills++;
      }
    });
    expect(disturbed).toEqual(undisturbed);
    expect(kills).toBeGreaterThan(50);
  });

  it('steps at each tick, and a rollout that can not be stepped hinders no other', async () => {
    const clock = new TestClock(NOON);
    const gate: Gate = {
      look: async (_transaction, rollout) => {
        if (rollout.id === id) throw new Error('no samples');
        return undefined;
      },
    };
    await store.query(`UPDATE fleet_device SET tags = '{other}' WHERE controller_id IN ('d6', 'd7')`);
    await store.query(`DELETE FROM rollout_device WHERE controller_id IN ('d6', 'd7')`);
    const parts = { store, tenant: 'tashika', roundMs: ROUND };
    await planRollout(
      parts,
      { ...PLAN, id: 'other', target: { tags: ['other'] }, waves: [{ percent: 100 }] },
      { by: 'Aiko', now: NOON },
    );
    await orderRollout(parts, 'other', { order: 'start', by: 'Aiko' }, NOON);
    const errors: object[] = [];
    const coordinator = startCoordinator({
      store,
      clock,
      logger: { ...logger, error: (fields) => errors.push(fields) },
      settings: { tenant: 'tashika', tickMs: 5000 },
      gate,
    });
    await clock.advance(5000);
    await coordinator.stop();
    expect(errors).toEqual([{ rollout: id, error: 'no samples' }]);
    expect(await store.query('SELECT rollout_id, controller_id FROM deployment_action ORDER BY controller_id')).toEqual(
      [
        { rollout_id: 'other', controller_id: 'd6' },
        { rollout_id: 'other', controller_id: 'd7' },
      ],
    );
    expect(clock.pending).toBe(0);
  });

  it('takes what is open of a rollout that is over out of the way of a new offer', async () => {
    await stepIn(store, good)(NOON + MINUTE);
    const parts = { store, tenant: 'tashika', roundMs: ROUND };
    await store.query(`UPDATE deployment_action SET fetched_at = $1`, [new Date(NOON)]);
    await store.query(`UPDATE rollout SET state = 'aborted', ended_at = $1`, [new Date(NOON)]);
    await planRollout(parts, { ...PLAN, id: 'again', waves: [{ percent: 100 }] }, { by: 'Aiko', now: NOON });
    await orderRollout(parts, 'again', { order: 'start', by: 'Aiko' }, NOON);
    await stepRollout(store, good, { tenant: 'tashika', id: 'again', now: NOON + MINUTE, monotonic: () => 0 });
    expect(await store.query(`SELECT state, count(*) FROM deployment_action GROUP BY state ORDER BY state`)).toEqual([
      { state: 'closed', count: 2 },
      { state: 'open', count: 8 },
    ]);
  });
});

it('what a silent device is still offered is closed after the end of its rollout, once somebody else gave it a version', async () => {
  await stepIn(store, good)(NOON + MINUTE);
  await store.query(`UPDATE deployment_action SET purpose = 'rollback', version = '1.4.0'`);
  await store.query(`UPDATE rollout_device SET state = 'vanished' WHERE action_id IS NOT NULL`);
  await store.query(`UPDATE rollout SET state = 'rolled-back', ended_at = $1`, [new Date(NOON)]);
  const [device, other] = await store.query<{ controller_id: string }>(
    'SELECT controller_id FROM deployment_action ORDER BY controller_id',
  );
  await tellVersion(store, [device!.controller_id], '1.7.0', NOON + 2 * MINUTE);
  await tellVersion(store, [other!.controller_id], '1.5.0', NOON + 2 * MINUTE);
  const clock = new TestClock(NOON + 3 * MINUTE);
  const look = () => stepAll({ store, clock, logger, settings: { tenant: 'tashika', tickMs: 5_000 }, gate: good });
  await look();
  const first = await wholeOf(store);
  expect(
    await store.query(
      `SELECT member.state, action.state AS action, action.outcome, action.detail = member.detail AS told
         FROM rollout_device AS member JOIN deployment_action AS action ON action.id = action_id
        ORDER BY member.controller_id`,
    ),
  ).toEqual([
    { state: 'skipped', action: 'closed', outcome: 'cancelled', told: true },
    { state: 'vanished', action: 'open', outcome: null, told: null },
  ]);
  expect(await store.query('SELECT actor, event, why FROM fleet_audit ORDER BY id DESC LIMIT 1')).toEqual([
    {
      actor: `device:${device!.controller_id}`,
      event: 'skipped',
      why: { code: 'reimaged', values: { told: '1.7.0', version: '1.5.0', former: '1.4.0' } },
    },
  ]);
  await look();
  expect(await wholeOf(store)).toEqual(first);
});

describe('what updaters said', () => {
  async function offered(): Promise<{ id: number; controller_id: string }[]> {
    await stepIn(store, good)(NOON + MINUTE);
    return store.query('SELECT id, controller_id FROM deployment_action ORDER BY id');
  }

  it('tells a device that fell back from one that never came so far, between two ticks', async () => {
    for (const [index, { id: action }] of (await offered()).entries()) {
      await store.query(
        `INSERT INTO action_feedback (action_id, received_at, execution, finished, details)
         VALUES ($1, $2, 'proceeding', 'none', $3)`,
        [action, new Date(NOON), [index === 0 ? 'On trial in slot B.' : 'Installing.']],
      );
    }
    await store.query(`UPDATE deployment_action SET state = 'closed', outcome = 'failure', detail = 'no'`);
    await stepIn(store, good)(NOON + 2 * MINUTE);
    expect(await store.query('SELECT state FROM rollout_device WHERE wave = 1 ORDER BY place')).toEqual([
      { state: 'fell-back' },
      { state: 'failed' },
    ]);
  });

  it('is known from what the server closed by itself', async () => {
    for (const [index, { id, controller_id: controllerId }] of (await offered()).entries()) {
      const action = await readAction(store, { tenant: 'tashika', controllerId, id });
      await closeAction(store, action!, {
        ...(index === 0
          ? { actor: 'ddi', why: { code: 'bundle-gone', values: {} } }
          : { actor: `device:${controllerId}`, why: { code: 'words', values: { words: 'no' } } }),
        ...{ outcome: 'failure', now: NOON },
      });
    }
    await stepIn(store, good)(NOON + 2 * MINUTE);
    expect(await store.query('SELECT detail, why FROM rollout_device WHERE wave = 1 ORDER BY place')).toMatchObject([
      { detail: 'its bundle is not in the bundle store any more', why: { code: 'bundle-gone' } },
      { detail: 'its updater says failure: no', why: { code: 'updater-says' } },
    ]);
  });

  it('decides whether an action that is taken back is over at once', async () => {
    const [taken] = await offered();
    await store.query('UPDATE deployment_action SET fetched_at = $2 WHERE id = $1', [taken!.id, new Date(NOON)]);
    const parts = { store, tenant: 'tashika', roundMs: ROUND };
    await orderRollout(parts, id, { order: 'abort', by: 'Bunta' }, NOON + 2 * MINUTE);
    expect(await store.query('SELECT state, outcome FROM deployment_action ORDER BY id')).toEqual([
      { state: 'canceling', outcome: null },
      { state: 'closed', outcome: 'cancelled' },
    ]);
  });
});

describe('planning', () => {
  const parts = () => ({ store, tenant: 'tashika', roundMs: ROUND });

  it('takes the same plan twice, and no other under its id', async () => {
    const again = await planRollout(parts(), PLAN, { by: 'Bunta', now: NOON });
    expect([again.createdBy, again.state]).toEqual(['Aiko', 'running']);
    await expect(planRollout(parts(), { ...PLAN, soakMinutes: 60 }, { by: 'Aiko', now: NOON })).rejects.toMatchObject({
      code: 'ROLLOUT_EXISTS',
    });
  });

  it('takes no id that a rollout of another tenant has', async () => {
    const planned = planRollout({ ...parts(), tenant: 'other' }, PLAN, { by: 'Chie', now: NOON });
    await expect(planned).rejects.toMatchObject({
      code: 'ROLLOUT_EXISTS',
      message: expect.stringMatching(/^The id agent-1-5-0 is taken/),
    });
  });

  it('refuses devices that a running rollout has, tells all that is wrong, and keeps nothing', async () => {
    await expect(
      planRollout(parts(), { ...PLAN, id: 'second', waves: [{ devices: 9 }] }, { by: 'Aiko', now: NOON }),
    ).rejects.toMatchObject({
      code: 'ROLLOUT_PLAN_REFUSED',
      message: expect.stringMatching(/^8 devices are in a rollout that runs \(d0 in agent-1-5-0.*exceeds the fleet/),
    });
    expect(await store.query(`SELECT id FROM rollout`)).toEqual([{ id }]);
  });

  it('holds a plan against the fleet once more at its start', async () => {
    await store.query(`UPDATE rollout SET ended_at = $1`, [new Date(NOON)]);
    await planRollout(parts(), { ...PLAN, id: 'later' }, { by: 'Aiko', now: NOON });
    await store.query(`UPDATE image SET revoked_at = $1, revoked_reason = 'CVE' WHERE version = '1.5.0'`, [
      new Date(NOON),
    ]);
    const start = orderRollout(parts(), 'later', { order: 'start', by: 'Aiko' }, NOON);
    await expect(start).rejects.toThrow('image agent/1.5.0 is revoked: CVE.');
    expect(await store.query(`SELECT state FROM rollout WHERE id = 'later'`)).toEqual([{ state: 'draft' }]);
  });
});

/** On a server transactions run side by side, which on PGlite they never do. */
describe('two coordinators on one PostgreSQL server', () => {
  let server: PostgresServer | undefined;
  let one: Store;
  let other: Store;
  beforeAll(async () => {
    server = await startPostgresServer();
    if (!server) return;
    const url = await server.createDatabase();
    one = await openStore(url, { logger });
    other = await openStore(url, { logger });
  });
  afterAll(async () => {
    await Promise.all([one?.close(), other?.close()]);
    await server?.stop();
  });

  it('make no double step', async ({ skip }) => {
    if (!server) return skip();
    await begin(one);
    const alone = await play(store, stepIn(store, badAtSixth));
    const together = await play(one, (now) =>
      Promise.all([one, other, one, other].map((each) => stepIn(each, badAtSixth)(now))).then(() =>
        stepIn(one, badAtSixth)(now),
      ),
    );
    const purposes = (whole: unknown) =>
      (whole as { actions: Record<string, unknown>[] }).actions.map(
        ({ controller_id: device, purpose }) => `${device} ${purpose}`,
      );
    expect(purposes(together)).toEqual(purposes(alone));
    expect((together as { rollout: object }).rollout).toMatchObject({ state: 'rolled-back' });
    expect(
      await one.query(`SELECT controller_id, purpose FROM deployment_action GROUP BY 1, 2 HAVING count(*) > 1`),
    ).toEqual([]);
  });
});
