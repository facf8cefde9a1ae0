import { TestClock } from '@tashika/shared/time';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sentenceOf } from '../../fleet/reason/index.ts';
import { type Gate, type GateLook, stepRollout } from '../../fleet/rollout/index.ts';
import { addDevices, addImages, finishAll, tellVersion } from '../../fleet/rollout/testing/sample-fleet.ts';
import type { Problem } from '../shapes.ts';
import { type OpenApi, openApi, openApiOver } from '../testing/open.ts';
import type { AuditList, FleetVersions, Rollout, RolloutList } from './shapes.ts';

const NOON = Date.UTC(2026, 5, 1, 12);
const MINUTE = 60_000;
const clock = new TestClock(NOON);
const PLAN = {
  id: 'agent-1-5-0',
  image: 'agent/1.5.0',
  target: {},
  waves: [{ devices: 2 }, { percent: 100 }],
  soakMinutes: 30,
  requireApproval: true,
};

let api: OpenApi;
beforeAll(async () => {
  api = await openApi({ clock, rollouts: { tenant: 'tashika', sampleMs: 10 * MINUTE } });
  await addImages(api.store, ['1.4.0', '1.5.0'], NOON);
  await addDevices(api.store, 8, NOON);
});
afterAll(() => api.close());

async function get<Answer>(path: string): Promise<Answer> {
  return (await api.app.inject(`/api/fleet/${path}`)).json();
}

async function post<Answer = Rollout>(path: string, payload: object): Promise<Answer & { status?: number }> {
  return (await api.app.inject({ method: 'POST', url: `/api/fleet/${path}`, payload })).json();
}

async function step(minutes: number, look?: Partial<GateLook>): Promise<void> {
  await clock.advance(minutes * MINUTE);
  const now = clock.now();
  const gate: Gate = {
    look: async (_transaction, { round }) =>
      look && round < now
        ? { round: now, at: now, signals: [], state: {}, verdict: { verdict: 'good' }, ...look }
        : undefined,
  };
  await stepRollout(api.store, gate, { tenant: 'tashika', id: PLAN.id, now, monotonic: () => 0 });
}

describe('a rollout', () => {
  it('is planned by one person, approved by another, and started', async () => {
    const planned = await post('rollouts', { ...PLAN, by: ' Aiko ' });
    expect(planned).toMatchObject({
      ...{ id: PLAN.id, image: PLAN.image, state: 'awaiting-approval', wave: 0, wavesTotal: 2, devices: 8, touched: 0 },
      ...{ createdBy: 'Aiko', approvedBy: null, startedAt: null, endedAt: null },
      reason: '8 devices in 2 waves',
      byState: { waiting: 8 },
      failing: { signal: null, since: null, devices: [] },
    });
    expect(planned.waves).toMatchObject([
      { wave: 1, state: 'waiting', devices: 2, cumulative: 2, boards: { 'pi-4': 1, 'pi-5': 1 } },
      { wave: 2, state: 'waiting', devices: 6, cumulative: 8, byState: { waiting: 6 } },
    ]);
    expect(Object.keys(planned.waves[0]!.regions!)).toHaveLength(2);
    expect(await post('rollouts', { ...PLAN, by: 'Bunta' })).toEqual(planned);

    const refusals: Problem[] = [];
    refusals.push(await post<Problem>(`rollouts/${PLAN.id}/start`, { by: 'Aiko' }));
    refusals.push(await post<Problem>(`rollouts/${PLAN.id}/approve`, { by: 'aiko' }));
    expect(refusals.map(({ status, code }) => [status, code])).toEqual([
      [409, 'ROLLOUT_ORDER_REFUSED'],
      [409, 'ROLLOUT_ORDER_REFUSED'],
    ]);
    expect(await post(`rollouts/${PLAN.id}/approve`, { by: 'Bunta', reason: 'read' })).toMatchObject({
      ...{ state: 'draft', approvedBy: 'Bunta', reason: 'approved by Bunta: read' },
      why: { code: 'approved', values: { by: 'Bunta', words: 'read' } },
    });
    expect(await post(`rollouts/${PLAN.id}/start`, { by: 'Aiko' })).toMatchObject({
      ...{ state: 'running', wave: 1, startedAt: new Date(NOON).toISOString() },
    });
  });

  it('shows its waves as they advance, its signals, and what halted it', async () => {
    await step(1);
    const updating = await get<Rollout>(`rollouts/${PLAN.id}`);
    expect([updating.touched, updating.waves.map(({ state }) => state)]).toEqual([2, ['updating', 'waiting']]);
    const done = await finishAll(api.store, clock.now());
    await tellVersion(api.store, [...done.keys()], '1.5.0', clock.now() + 1);
    await step(1);
    const soaking = await get<Rollout>(`rollouts/${PLAN.id}`);
    expect(soaking.waves[0]).toMatchObject({
      ...{ state: 'soaking', byState: { updated: 2 }, soakUntil: new Date(clock.now() + 30 * MINUTE).toISOString() },
    });
    const signal = { observed: 0.5, expected: 0, threshold: 700, devices: 2, worst: ['d1'], since: clock.now() };
    await step(10, { signals: [{ ...signal, signal: 'silence', evidence: 3 }] });
    await step(10, {
      signals: [{ ...signal, signal: 'silence', evidence: 800 }],
      verdict: { verdict: 'bad', signal: 'silence', reason: '2 devices fell silent', devices: ['d1', 'd0'] },
    });
    const halted = await get<Rollout>(`rollouts/${PLAN.id}`);
    expect(halted).toMatchObject({
      ...{ state: 'halted', reason: '2 devices fell silent' },
      failing: {
        signal: 'silence',
        since: new Date(signal.since).toISOString(),
        haltedAt: halted.since,
        devices: ['d1', 'd0'],
      },
      signals: [{ signal: 'silence', evidence: 800, worst: ['d1'], series: [{ evidence: 3 }, { evidence: 800 }] }],
    });
    expect(halted.waves.map(({ state }) => state)).toEqual(['failed', 'skipped']);
    const metrics = (await api.app.inject('/metrics')).body;
    expect(metrics).toContain('tashika_rollouts{state="halted"} 1');
    expect(metrics).toContain(`tashika_rollout_devices{rollout="${PLAN.id}",state="skipped"} 6`);
    expect(metrics).toContain(`tashika_rollout_evidence_ratio{rollout="${PLAN.id}",signal="silence"} 1.1`);
  });

  it('is listed, and its audit log is told page by page, the newest first', async () => {
    const { rollouts } = await get<RolloutList>('rollouts');
    expect(rollouts).toMatchObject([{ id: PLAN.id, state: 'halted', byState: { updated: 2, skipped: 6 } }]);
    const first = await get<AuditList>(`rollouts/${PLAN.id}/audit?limit=7`);
    const second = await get<AuditList>(`rollouts/${PLAN.id}/audit?before=${first.next}&limit=1000`);
    const entries = [...first.entries, ...second.entries].reverse();
    expect([first.entries.length, second.next]).toEqual([7, null]);
    expect(
      entries.filter(({ subject }) => subject.startsWith('rollout:')).map(({ event, actor }) => [event, actor]),
    ).toEqual([
      ['planned', 'Aiko'],
      ['draft', 'Bunta'],
      ['running', 'Aiko'],
      ['soaking', 'rollout'],
      ['halted', 'gate'],
    ]);
    expect(entries.at(-1)).toMatchObject({
      event: 'skipped',
      from: 'waiting',
      reason: 'the rollout was halted before its turn',
    });
    // What each sentence is made of is told with it, but of what is older than this.
    for (const { reason, why } of entries) expect([why && sentenceOf(why), reason]).toEqual([reason, reason]);
    await api.store.query('UPDATE fleet_audit SET why = NULL WHERE id = $1', [entries[0]!.id]);
    const [oldest] = (await get<AuditList>(`rollouts/${PLAN.id}/audit?before=${entries[1]!.id}`)).entries;
    expect([oldest!.reason, 'why' in oldest!]).toEqual([entries[0]!.reason, false]);
    expect(await api.store.query("SELECT DISTINCT detail, why FROM rollout_device WHERE state = 'skipped'")).toEqual([
      { detail: 'the rollout was halted before its turn', why: { code: 'halted-before-turn', values: {} } },
    ]);
  });

  it('tells which versions each region has, by the readings', async () => {
    await api.store.query(`UPDATE device SET last_values = '{}' WHERE imsi = 'sim-d7'`);
    const { regions } = await get<FleetVersions>('versions');
    const all = regions.flatMap(({ versions }) => versions);
    const of = (version: string) => all.reduce((sum, each) => sum + (each.version === version ? each.devices : 0), 0);
    expect([regions.map(({ region }) => region), of('1.5.0'), of('unknown'), of('1.4.0')]).toEqual([
      ...[['13', '14', '27', '40'], 2, 1, 5],
    ]);
  });
});

describe('what is asked in a wrong way', () => {
  it.each<[string, object, number, string, RegExp]>([
    ['rollouts', { by: 'Aiko', id: 'x', waves: [] }, 400, 'ROLLOUT_PLAN_REFUSED', /image is missing.*waves must be/],
    [
      'rollouts',
      { ...PLAN, id: 'x', waves: [{ devices: 9 }], by: 'Aiko' },
      400,
      'ROLLOUT_PLAN_REFUSED',
      /exceeds the fleet/,
    ],
    ['rollouts', { ...PLAN, soakMinutes: 31, by: 'Aiko' }, 409, 'ROLLOUT_EXISTS', /give this one an id of its own/],
    ['rollouts', PLAN, 400, 'BAD_REQUEST', /by is required/],
    ['rollouts', { ...PLAN, by: ' ' }, 400, 'BAD_REQUEST', /by must match/],
    [`rollouts/${PLAN.id}/pause`, { by: ' Gate' }, 400, 'BAD_REQUEST', /by must be a person's name/],
    ['rollouts/nothing/start', { by: 'Aiko' }, 404, 'NOT_FOUND', /There is no rollout nothing/],
    ['rollouts/UP/start', { by: 'Aiko' }, 400, 'BAD_REQUEST', /id must match/],
    [`rollouts/${PLAN.id}/pause`, { by: 'Aiko', rollBack: true }, 400, 'BAD_REQUEST', /no parameter rollBack/],
    [`rollouts/${PLAN.id}/resume`, { by: 'Aiko' }, 409, 'ROLLOUT_ORDER_REFUSED', /being rolled back/],
  ])('%s with %j is answered by %i %s', async (path, body, status, code, detail) => {
    const problem = await post<Problem>(path, body);
    expect([problem.status, problem.code]).toEqual([status, code]);
    expect(problem.detail).toMatch(detail);
  });

  it('changes nothing', async () => {
    expect(await api.store.query('SELECT id FROM rollout')).toEqual([{ id: PLAN.id }]);
  });
});

describe('the list', () => {
  it('comes in pages, the newest first, without the devices that a plan names', async () => {
    await api.store.query(
      `INSERT INTO rollout (id, tenant, kind, version, plan, state, wave, since, created_at, created_by)
       SELECT 'old-' || n, 'tashika', 'agent', '1.5.0', '{"waves":[{},{},{}],"target":{"devices":["somewhere"]}}', 'draft', 0, $1,
              $1::timestamptz - (n / 2) * interval '1 day', 'Aiko' FROM generate_series(1, 5) AS n`,
      [new Date(NOON - 86_400_000)],
    );
    const ids: string[] = [];
    for (let after = ''; ; ) {
      const page = await get<RolloutList>(`rollouts?limit=2${after}`);
      expect(JSON.stringify(page)).not.toContain('somewhere');
      ids.push(...page.rollouts.map(({ id, wavesTotal }) => `${id} ${wavesTotal}`));
      if (page.next === null) break;
      after = `&after=${page.next}`;
    }
    expect(await get<Problem>('rollouts?after=nothing')).toMatchObject({
      ...{ code: 'BAD_REQUEST', parameter: 'after', detail: 'after is nothing, and there is no such rollout.' },
    });
    expect(ids).toEqual([`${PLAN.id} 2`, 'old-1 3', 'old-3 3', 'old-2 3', 'old-5 3', 'old-4 3']);
  });
});

describe('where the server asks that every plan is approved', () => {
  const settings = { tenant: 'tashika', sampleMs: 10 * MINUTE };
  const unasked: Record<string, unknown> = { ...PLAN, target: {} };
  delete unasked.requireApproval;

  let server: Awaited<ReturnType<typeof openApiOver>>;
  beforeAll(async () => {
    server = await openApiOver(api.store, { clock, rollouts: { ...settings, requireApproval: true } });
    await api.store.query('UPDATE rollout SET ended_at = $1', [new Date(clock.now())]);
  });

  afterAll(() => server.close());

  async function asking(path: string, payload: object): Promise<Rollout & Problem> {
    return (await server.inject({ method: 'POST', url: `/api/fleet/${path}`, payload })).json();
  }

  it.each([
    ['nothing', 'unasked', unasked],
    ['false', 'denied', { ...PLAN, requireApproval: false }],
  ])('one that says %s of it waits for another person than its planner, and is frozen so', async (_says, id, plan) => {
    const planned = await asking('rollouts', { ...plan, id, by: 'Aiko' });
    expect([planned.state, planned.plan.requireApproval]).toEqual(['awaiting-approval', true]);
    expect(await asking('rollouts', { ...plan, id, by: 'Aiko' })).toEqual(planned);
    expect(await asking(`rollouts/${id}/start`, { by: 'Aiko' })).toMatchObject({ code: 'ROLLOUT_ORDER_REFUSED' });
    expect(await asking(`rollouts/${id}/approve`, { by: 'AIKO' })).toMatchObject({ code: 'ROLLOUT_ORDER_REFUSED' });
    expect(await asking(`rollouts/${id}/approve`, { by: 'Bunta' })).toMatchObject({ state: 'draft' });
  });

  it('one that was planned before it did is not started without it', async () => {
    const plan = { ...unasked, id: 'earlier', by: 'Aiko' };
    expect(await post('rollouts', plan)).toMatchObject({ state: 'draft', plan: { requireApproval: false } });
    expect(await asking('rollouts', plan)).toMatchObject({ state: 'draft' });
    expect(await asking('rollouts/earlier/start', { by: 'Bunta' })).toMatchObject({
      code: 'ROLLOUT_ORDER_REFUSED',
      detail: expect.stringContaining('fleet.requireApproval'),
    });
    expect(await get('rollouts/earlier')).toMatchObject({ state: 'draft', startedAt: null });
  });

  it('one that was approved is started', async () => {
    expect(await asking('rollouts/denied/start', { by: 'Aiko' })).toMatchObject({ state: 'running' });
  });
});
