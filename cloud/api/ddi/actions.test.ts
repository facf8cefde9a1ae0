import { seededChance } from '@tashika/shared/chance';
import { afterAll, describe, expect, it } from 'vitest';
import type { BundleStore } from '../../fleet/bundles/index.ts';
import { ImageRegistry } from '../../fleet/registry/index.ts';
import { GATEWAY_HEADERS, logger, NOW, openUpdaterScene } from './testing/updater-scene.ts';

const { store, clock, image, ask, auditOf, actionRow, offered, newId, close } = await openUpdaterScene();
afterAll(close);

describe('a deployment', () => {
  it('is one chunk with one artifact, its hashes and a link', async () => {
    const { controllerId, id, artifact } = await offered();
    const { body } = await ask(`${controllerId}/deploymentBase/${id}`);
    const { filename, bytes: size, sha1, md5, sha256 } = image.bundle;
    const href = `http://localhost:80/tashika/controller/v1/${artifact}`;
    expect(body).toEqual({
      id: String(id),
      deployment: {
        ...{ download: 'attempt', update: 'attempt' },
        chunks: [
          {
            ...{ part: 'bApp', version: '1.5.0', name: 'agent' },
            artifacts: [{ filename, size, hashes: { sha1, md5, sha256 }, _links: { 'download-http': { href } } }],
          },
        ],
      },
    });
    expect((await actionRow(id)).fetched_at).toEqual(new Date(clock.now()));
  });

  it('waits for the maintenance window of the device’s own day, and is forced where it rolls back', async () => {
    // It is 21:00 in Tokyo, 13:00 in Berlin.
    clock.setWall(NOW);
    const maintenance = { from: '12:00', to: '14:00' };
    const { controllerId, id } = await offered({ maintenance, purpose: 'rollback' });
    const deployment = async () => (await ask(`${controllerId}/deploymentBase/${id}`)).body.deployment;
    expect(await deployment()).toMatchObject({ download: 'forced', update: 'skip', maintenanceWindow: 'unavailable' });
    await ask(`${controllerId}/configData`, { method: 'PUT', payload: { data: { timeZone: 'Europe/Berlin' } } });
    expect(await deployment()).toMatchObject({ download: 'forced', update: 'forced', maintenanceWindow: 'available' });
  });

  it('is not found by another device, another number, or once its image is revoked', async () => {
    const { controllerId, id } = await offered();
    for (const path of [
      `${newId()}/deploymentBase/${id}`,
      `${controllerId}/deploymentBase/${id + 1_000}`,
      `${controllerId}/cancelAction/${id}`,
    ])
      expect((await ask(path)).status).toBe(404);
    expect((await ask(`${controllerId}/deploymentBase/x`)).status).toBe(400);
    expect((await ask(controllerId)).body._links.deploymentBase).toBeDefined();
    const registry = new ImageRegistry({
      store,
      clock,
      logger,
      bundles: {} as BundleStore,
      settings: { mostScanCvss: 8.9 },
    });
    await registry.revoke(image, 'it loses readings', 'Ken');
    expect((await ask(`${controllerId}/deploymentBase/${id}`)).status).toBe(404);
    expect((await ask(controllerId)).body._links.deploymentBase).toBeUndefined();
    await store.query('UPDATE image SET revoked_at = NULL, revoked_by = NULL, revoked_reason = NULL');
  });
});

describe('what an updater tells of an installation', () => {
  it('is kept word for word, and its end closes the action', async () => {
    const { controllerId, id, feedback } = await offered();
    await feedback('proceeding', 'none', ['Update started']);
    await feedback('download', 'none', ['50 %']);
    expect(await actionRow(id)).toMatchObject({ state: 'open', progress: 'download', detail: '50 %' });
    expect(await feedback('closed', 'success', ['done'])).toMatchObject({ status: 200, bytes: Buffer.alloc(0) });
    expect(await actionRow(id)).toMatchObject({ state: 'closed', outcome: 'success', detail: 'done' });
    expect((await ask(controllerId)).body._links).toMatchObject({ configData: {} });
    expect(await auditOf(controllerId)).toEqual(['action-success']);
    const said = await store.query(
      'SELECT execution, finished, details FROM action_feedback WHERE action_id = $1 ORDER BY id',
      [id],
    );
    expect(said).toEqual([
      { execution: 'proceeding', finished: 'none', details: ['Update started'] },
      { execution: 'download', finished: 'none', details: ['50 %'] },
      { execution: 'closed', finished: 'success', details: ['done'] },
    ]);
  });

  it('counts once, however often it is said', async () => {
    const { id, feedback } = await offered();
    for (let time = 0; time < 3; time++) expect((await feedback('closed', 'failure', ['no space'])).status).toBe(200);
    expect(await actionRow(id)).toMatchObject({ state: 'closed', outcome: 'failure', detail: 'no space' });
    expect(await store.query('SELECT count(*) AS n FROM action_feedback WHERE action_id = $1', [id])).toEqual([
      { n: 1 },
    ]);
  });

  it('changes nothing where the action is over, or another’s', async () => {
    const { controllerId, id, feedback } = await offered();
    await feedback('closed', 'success', ['done']);
    const before = await actionRow(id);
    const late = await feedback('closed', 'failure', ['no']);
    expect([late.status, late.body.code]).toEqual([410, 'ACTION_CLOSED']);
    const foreign = await ask(`${newId()}/deploymentBase/${id}/feedback`, {
      method: 'POST',
      payload: { status: { execution: 'closed', result: { finished: 'failure' } } },
    });
    expect(foreign.status).toBe(404);
    const another = await ask(`${controllerId}/deploymentBase/${id}/feedback`, {
      method: 'POST',
      payload: { id: '1', status: { execution: 'closed', result: { finished: 'failure' } } },
    });
    expect(another.status).toBe(400);
    expect(await actionRow(id)).toEqual(before);
  });

  it.each([
    {},
    { status: {} },
    { status: { execution: 'exploded', result: { finished: 'success' } } },
    { status: { execution: 'closed', result: { finished: 'maybe' } } },
    { status: { execution: 'closed', result: { finished: 'success' }, details: 'text' } },
  ])('is refused where it is none: %j', async (payload) => {
    const { controllerId, id } = await offered();
    const answer = await ask(`${controllerId}/deploymentBase/${id}/feedback`, { method: 'POST', payload });
    expect([answer.status, answer.body.code]).toEqual([400, 'BAD_REQUEST']);
    expect(await actionRow(id)).toMatchObject({ state: 'open', progress: null });
  });

  it('may hold what PostgreSQL has no place for, and more than is kept', async () => {
    const { id, feedback } = await offered();
    const details = Array.from({ length: 60 }, (_, n) => `line ${n} \u0000 ${'x'.repeat(900)}`);
    expect((await feedback('proceeding', 'none', details)).status).toBe(200);
    expect((await actionRow(id)).detail).toMatch(/^line 59 \ufffd/);
  });
});

describe('a cancellation', () => {
  it('is told in place of the deployment, and ends the action where the updater confirms it', async () => {
    const { controllerId, id, feedback } = await offered({ state: 'canceling' });
    const base = `http://localhost:80/tashika/controller/v1/${controllerId}`;
    expect((await ask(controllerId)).body._links).toEqual({
      configData: expect.anything(),
      cancelAction: { href: `${base}/cancelAction/${id}` },
    });
    expect((await ask(`${controllerId}/cancelAction/${id}`)).body).toEqual({
      id: String(id),
      cancelAction: { stopId: String(id) },
    });
    await feedback('closed', 'success', ['stopped'], 'cancelAction');
    expect(await actionRow(id)).toMatchObject({ state: 'closed', outcome: 'cancelled', detail: 'stopped' });
  });

  it('that the updater rejects lets the action go on', async () => {
    const { controllerId, id, feedback } = await offered({ state: 'canceling' });
    await feedback('rejected', 'none', ['too late'], 'cancelAction');
    expect(await actionRow(id)).toMatchObject({ state: 'open', detail: 'too late' });
    expect((await ask(controllerId)).body._links.deploymentBase).toBeDefined();
    expect((await feedback('closed', 'success', [], 'cancelAction')).status).toBe(404);
  });

  it('comes too late for an installation that ended', async () => {
    const { id, feedback } = await offered({ state: 'canceling' });
    await feedback('closed', 'success', ['installed']);
    expect(await actionRow(id)).toMatchObject({ state: 'closed', outcome: 'success' });
    expect((await feedback('closed', 'success', [], 'cancelAction')).status).toBe(410);
  });
});

it('whatever an updater says, it is answered as documented, and never by a fault of ours', async () => {
  const { controllerId, id } = await offered();
  const chance = seededChance(20260131);
  const one = <T>(of: readonly T[]): T => of[Math.floor(chance.next() * of.length)]!;
  const words = [
    'closed',
    'none',
    'success',
    'rejected',
    '',
    '\u0000',
    '\ud800',
    'x'.repeat(300),
    'é',
    '..%2f',
    '1',
    '__proto__',
  ];
  const value = (depth: number): unknown => {
    const kind = one(['word', 'word', 'number', 'null', 'list', 'object', 'feedback']);
    if (kind === 'number') return one([0, -1, id, 1e300, 2 ** 60, 0.5]);
    if (kind === 'null') return one([null, true]);
    if (depth === 0 || kind === 'word') return one(words);
    if (kind === 'list') return Array.from({ length: 3 }, () => value(depth - 1));
    if (kind === 'feedback')
      return {
        status: { execution: value(0), result: { finished: value(0) }, details: [value(depth - 1)] },
        data: value(1),
      };
    const names = [one(words), one(['id', 'status', 'data', 'mode', 'result', 'imsi'])];
    return Object.fromEntries(names.map((name) => [name, value(depth - 1)]));
  };
  const statuses = new Set<number>();
  for (let n = 0; n < 400; n++) {
    const number = one([id, id, id + 1, '0', '9'.repeat(15), '9'.repeat(20), 'x']);
    const device = one([
      controllerId,
      controllerId,
      newId(),
      encodeURIComponent(one(words.filter((word) => word !== '\ud800'))),
    ]);
    const rest = one([
      '',
      '/configData',
      `/deploymentBase/${number}`,
      `/deploymentBase/${number}/feedback`,
      `/cancelAction/${number}/feedback`,
    ]);
    const method = one(['GET', 'PUT', 'POST', 'POST', 'HEAD'] as const);
    const payload = method === 'PUT' || method === 'POST' ? (value(3) as object) : undefined;
    const text = payload === undefined ? undefined : JSON.stringify(payload);
    const headers = { ...GATEWAY_HEADERS, ...(text !== undefined && { 'content-type': 'application/json' }) };
    const { status } = await ask(`${device}${rest}`, { method, headers, ...(text !== undefined && { payload: text }) });
    expect([method, rest, text, status < 500]).toEqual([method, rest, text, true]);
    statuses.add(status);
  }
  for (const status of [200, 400, 404, 405]) expect([...statuses]).toContain(status);
});
