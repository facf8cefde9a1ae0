import { randomBytes } from 'node:crypto';
import { seededChance } from '@tashika/shared/chance';
import { TestClock } from '@tashika/shared/time';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BundleStore } from '../../fleet/bundles/index.ts';
import { sha256Of, Updaters } from '../../fleet/ddi/index.ts';
import { addAction, addFleetDevice, addImage, memoryBundles } from '../../fleet/ddi/testing/index.ts';
import { ImageRegistry } from '../../fleet/registry/index.ts';
import { signatureOf } from '../../receipts/index.ts';
import type { Store } from '../../store/index.ts';
import { openMemoryStore } from '../../store/testing/memory-store.ts';
import { openApiOver } from '../testing/open.ts';

const NOW = Date.UTC(2026, 0, 31, 12);
const POLL_MS = 300_000;
const GATEWAY_HEADERS = { authorization: 'GatewayToken gateway-token-of-all' };
const logger = pino({ level: 'silent' });
const beam = { preSharedKeys: ['mysecretkey'], toleranceMs: 300_000 };
const clock = new TestClock(NOW);
const bundle = randomBytes(200_000);
const bundles = new Map<string, Buffer>();

let store: Store;
let app: FastifyInstance;
let image: Awaited<ReturnType<typeof addImage>>;
let devices = 0;

beforeAll(async () => {
  store = await openMemoryStore({ logger });
  app = await openUpdaters();
  image = await addImage(store, bundle);
});

afterAll(async () => {
  await app.close();
  await store.close();
});

beforeEach(() => {
  bundles.set(image.bundle.sha256, bundle);
});

/** The API with its updaters, as one process of several serves them. */
function openUpdaters(): Promise<FastifyInstance> {
  const updaters = new Updaters({
    ...{ store, clock, logger, beam, pollMs: POLL_MS, bundles: memoryBundles(bundles) },
    tenant: 'tashika',
    gatewayToken: 'gateway-token-of-all',
  });
  return openApiOver(store, { clock, beam, updaters: { updaters, forwardedHosts: ['beam.soracom.io:18080'] } });
}

interface Asking {
  readonly method?: 'GET' | 'HEAD' | 'PUT' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly payload?: object | string;
  readonly app?: FastifyInstance;
}

async function ask(
  path: string,
  { method = 'GET', headers = GATEWAY_HEADERS, payload, app: asked = app }: Asking = {},
) {
  const url = path.startsWith('/') ? path : `/tashika/controller/v1/${path}`;
  const answer = await asked.inject({ method, url, headers, ...(payload !== undefined && { payload }) });
  const type = String(answer.headers['content-type']);
  return {
    status: answer.statusCode,
    headers: answer.headers,
    bytes: answer.rawPayload,
    body: type.includes('json') && method !== 'HEAD' ? answer.json() : undefined,
  };
}

/** Wall time alone: nobody waits for a timer. */
const later = (ms: number) => clock.setWall(clock.now() + ms);
const newId = () => `gateway-${++devices}`;
const newImsi = () => String(295_000_000_000_000 + ++devices);
const signed = (imsi: string, at = clock.now()) => {
  const headers = {
    'x-soracom-imsi': imsi,
    'x-soracom-timestamp': String(at),
    'x-soracom-signature-version': '20151001',
  };
  return { ...headers, 'x-soracom-signature': signatureOf('mysecretkey', headers).toString('hex') };
};
const withToken = (token: string) => ({ authorization: `TargetToken ${token}` });

async function rowOf(controllerId: string) {
  const [row] = await store.query<Record<string, unknown>>('SELECT * FROM fleet_device WHERE controller_id = $1', [
    controllerId,
  ]);
  return row;
}

async function auditOf(controllerId: string) {
  const rows = await store.query<{ event: string }>('SELECT event FROM fleet_audit WHERE subject = $1 ORDER BY id', [
    `device:${controllerId}`,
  ]);
  return rows.map(({ event }) => event);
}

async function actionRow(id: number) {
  const [row] = await store.query<Record<string, unknown>>('SELECT * FROM deployment_action WHERE id = $1', [id]);
  return row!;
}

/** A device with something to install. */
async function offered(options: Partial<Parameters<typeof addAction>[1]> = {}) {
  const controllerId = newId();
  await addFleetDevice(store, { controllerId });
  const id = await addAction(store, { controllerId, image, ...options });
  const artifact = `${controllerId}/deploymentBase/${id}/artifacts/${image.bundle.filename}`;
  const feedback = (execution: string, finished = 'none', details: string[] = [], of = 'deploymentBase') =>
    ask(`${controllerId}/${of}/${id}/feedback`, {
      method: 'POST',
      payload: { id: String(id), time: '20260131T120000', status: { execution, result: { finished }, details } },
    });
  return { controllerId, id, artifact, feedback };
}

describe('a poll', () => {
  it('of a new device with the gateway token makes it known, and asks it to tell of itself', async () => {
    const id = newId();
    const { status, body } = await ask(id);
    expect(status).toBe(200);
    expect(body.config.polling.sleep).toMatch(/^00:0[2-7]:\d\d$/);
    expect(body._links).toEqual({ configData: { href: `http://localhost:80/tashika/controller/v1/${id}/configData` } });
    expect(await rowOf(id)).toMatchObject({ tenant: 'tashika', imsi: null, channel: 'stable' });
    expect(await auditOf(id)).toEqual(['registered']);
  });

  it('tells what there is to install once, and as soon as there is, whichever process is asked', async () => {
    const other = await openUpdaters();
    const controllerId = newId();
    for (const each of [app, other])
      expect((await ask(controllerId, { app: each })).body._links.deploymentBase).toBeUndefined();
    const id = await addAction(store, { controllerId, image });
    const href = `http://localhost:80/tashika/controller/v1/${controllerId}/deploymentBase/${id}`;
    for (const each of [app, other])
      expect((await ask(controllerId, { app: each })).body._links.deploymentBase).toEqual({ href });
    await other.close();
  });

  it('is written to the device within a second, and when the program stops', async () => {
    const other = await openUpdaters();
    const [one, two] = [newId(), newId()];
    await addFleetDevice(store, { controllerId: one });
    await addFleetDevice(store, { controllerId: two });
    await ask(one);
    await ask(two, { app: other });
    expect((await rowOf(one))!.last_poll).toEqual(new Date(0));
    const at = new Date(clock.now());
    await clock.advance(1_000);
    await other.close();
    await expect.poll(async () => (await rowOf(one))!.last_poll).toEqual(at);
    expect((await rowOf(one))!.first_poll).toEqual(at);
    expect((await rowOf(two))!.last_poll).toEqual(at);
  });

  it('links to the host that a proxy of ours was asked for, and to no other', async () => {
    const id = newId();
    const hrefFor = async (forwarded: string) =>
      (await ask(id, { headers: { ...GATEWAY_HEADERS, 'x-forwarded-host': forwarded } })).body._links.configData.href;
    expect(await hrefFor('beam.soracom.io:18080')).toMatch(/^http:\/\/beam\.soracom\.io:18080\/tashika\/controller\//);
    expect(await hrefFor('evil.example')).toMatch(/^http:\/\/localhost:80\/tashika\//);
  });
});

describe('who is let in', () => {
  it.each([
    ['nothing', {}],
    ['a wrong gateway token', { authorization: 'GatewayToken gateway-token-of-alm' }],
    ['a shorter one', { authorization: 'GatewayToken gateway' }],
    ['a target token of nobody', withToken('guessed')],
    ['another scheme', { authorization: 'Basic Z2F0ZXdheTp0b2tlbg==' }],
    ['two tokens', { authorization: 'GatewayToken gateway-token-of-all, TargetToken x' }],
    ['a signature that is not Beam’s', { ...signed('295000000000001'), 'x-soracom-imsi': '295000000000002' }],
    ['an old signature', signed('295000000000001', NOW - 400_000)],
  ])('is not who comes with %s; nothing is written', async (_, headers) => {
    const id = newId();
    const { status, body, headers: answered } = await ask(id, { headers });
    expect([status, body.code, answered['www-authenticate']]).toEqual([401, 'UPDATER_REFUSED', expect.any(String)]);
    expect(await rowOf(id)).toBeUndefined();
    expect(await auditOf(id)).toEqual([]);
  });

  it('is a device with its own token, and no other with it', async () => {
    const [id, other] = [newId(), newId()];
    await addFleetDevice(store, { controllerId: id, tokenSha256: sha256Of('its-own') });
    await addFleetDevice(store, { controllerId: other });
    expect((await ask(id, { headers: withToken('its-own') })).status).toBe(200);
    for (const [each, token] of [
      [id, 'not-its-own'],
      [other, 'its-own'],
      [newId(), 'its-own'],
    ] as const)
      expect((await ask(each, { headers: withToken(token) })).status).toBe(401);
  });

  it('is nobody of another tenant', async () => {
    const id = newId();
    await addFleetDevice(store, { controllerId: id, tenant: 'other', tokenSha256: sha256Of('of-the-other') });
    expect((await ask(id, { headers: withToken('of-the-other') })).status).toBe(401);
    expect(await ask(`/other/controller/v1/${id}`, { headers: withToken('of-the-other') })).toMatchObject({
      status: 404,
      body: { code: 'NOT_FOUND', detail: 'There is no tenant other here.' },
    });
  });

  it.each([
    '..%2f..%2fapi',
    '..%5c',
    '%2e%2e%2f',
    'a.b',
    'a%2fb',
    'a%00',
    '%20',
    '-rf',
    'x'.repeat(65),
    '%F0%9F%92%A5',
  ])('is nobody who calls itself %s', async (name) => {
    const answer = await ask(`${name}/configData`, { method: 'PUT', payload: { data: {} } });
    expect([answer.status, answer.body.code]).toEqual([400, 'BAD_REQUEST']);
  });

  it('is a device no more from the moment that its token is replaced', async () => {
    const id = newId();
    await addFleetDevice(store, { controllerId: id, tokenSha256: sha256Of('to-be-replaced') });
    expect((await ask(id, { headers: withToken('to-be-replaced') })).status).toBe(200);
    await store.query('UPDATE fleet_device SET token_sha256 = $2 WHERE controller_id = $1', [id, sha256Of('new')]);
    await store.query("SELECT pg_notify('fleet_action', $1)", [`tashika/${id}`]);
    expect((await ask(id, { headers: withToken('to-be-replaced') })).status).toBe(401);
    expect((await ask(id, { headers: withToken('new') })).status).toBe(200);
  });
});

describe('a device behind Beam', () => {
  it('needs no token: its SIM is who it is', async () => {
    const [id, imsi] = [newId(), newImsi()];
    expect((await ask(id, { headers: signed(imsi) })).status).toBe(200);
    expect(await rowOf(id)).toMatchObject({ imsi, imsi_proved: true });
    expect(await auditOf(id)).toEqual(['registered']);
  });

  it('may ask with the same signature again, and nothing comes of it', async () => {
    const [id, imsi] = [newId(), newImsi()];
    const headers = signed(imsi);
    for (let time = 0; time < 3; time++) expect((await ask(id, { headers })).status).toBe(200);
    expect(await auditOf(id)).toEqual(['registered']);
  });

  it('is recognised in another SIM once the one before is silent; its last holder has none then', async () => {
    const [id, other, first, second] = [newId(), newId(), newImsi(), newImsi()];
    await ask(id, { headers: signed(first) });
    await ask(other, { headers: signed(second) });
    later(2 * POLL_MS);
    expect((await ask(id, { headers: signed(second) })).status).toBe(200);
    expect([await rowOf(id), await rowOf(other)]).toMatchObject([
      { imsi: second, imsi_proved: true },
      { imsi: null, imsi_proved: false },
    ]);
    expect([await auditOf(id), await auditOf(other)]).toEqual([
      ['registered', 'sim-changed'],
      ['registered', 'sim-lost'],
    ]);
  });

  it('is not another that is alive, nor two at once', async () => {
    const [id, mine, theirs] = [newId(), newImsi(), newImsi()];
    await ask(id, { headers: signed(mine) });
    later(1.5 * POLL_MS);
    await ask(id, { headers: signed(mine) }); // not written yet
    later(0.7 * POLL_MS);
    for (const [name, imsi] of [
      [id, theirs],
      [newId(), mine],
    ] as const) {
      const { status, body } = await ask(name, { headers: signed(imsi) });
      expect([status, body.code]).toEqual([409, 'CONTROLLER_TAKEN']);
    }
    expect(await rowOf(id)).toMatchObject({ imsi: mine });
    expect(await auditOf(id)).toEqual(['registered']);
  });

  it('with a token of its own comes by its SIM alone, and by another with the token', async () => {
    const [id, mine, next] = [newId(), newImsi(), newImsi()];
    await addFleetDevice(store, { controllerId: id, tokenSha256: sha256Of('secret'), imsi: mine });
    expect((await ask(id, { headers: signed(mine) })).status).toBe(200);
    later(3 * POLL_MS);
    expect((await ask(id, { headers: signed(next) })).status).toBe(401);
    expect((await ask(id, { headers: { ...signed(next), ...withToken('secret') } })).status).toBe(200);
    expect(await rowOf(id)).toMatchObject({ imsi: next, imsi_proved: true });
  });

  it('is not one that comes with the gateway token, unless it has that too', async () => {
    const [id, mine, theirs] = [newId(), newImsi(), newImsi()];
    await ask(id);
    expect((await ask(id, { headers: signed(theirs) })).body.code).toBe('CONTROLLER_TAKEN');
    expect((await ask(id, { headers: { ...signed(mine), ...GATEWAY_HEADERS } })).status).toBe(200);
    expect((await ask(id, { headers: { ...signed(theirs), ...GATEWAY_HEADERS } })).status).toBe(409);
    expect(await rowOf(id)).toMatchObject({ imsi: mine, imsi_proved: true });
  });

  it('that asks for the first time twice at once becomes one device', async () => {
    const imsi = newImsi();
    const names = [newId(), newId()];
    const answers = await Promise.all(names.map((name) => ask(name, { headers: signed(imsi) })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });
});

describe('what a device tells of itself', () => {
  const tell = (id: string, data: object, mode?: string) =>
    ask(`${id}/configData`, { method: 'PUT', payload: { ...(mode && { mode }), data, status: { result: {} } } });

  it('is kept, and not asked for again for a day', async () => {
    const id = newId();
    await ask(id);
    const data = { board: 'pi4', agentVersion: '1.4.0', systemVersion: '13.1', timeZone: 'Asia/Seoul', rack: 7 };
    expect(await tell(id, data)).toMatchObject({ status: 200, bytes: Buffer.alloc(0) });
    expect(await rowOf(id)).toMatchObject({
      ...{ board: 'pi4', agent_version: '1.4.0', system_version: '13.1', time_zone: 'Asia/Seoul' },
      attributes: { ...data, rack: '7' },
    });
    expect((await ask(id)).body._links).toEqual({});
    later(24 * 3_600_000);
    expect((await ask(id)).body._links.configData).toBeDefined();
  });

  it('is added to, put in place of, or taken from what it told before', async () => {
    const id = newId();
    await ask(id);
    await tell(id, { a: '1', b: '2' });
    await tell(id, { b: '3', c: '4' }, 'merge');
    expect((await rowOf(id))!.attributes).toEqual({ a: '1', b: '3', c: '4' });
    await tell(id, { a: '' }, 'remove');
    expect((await rowOf(id))!.attributes).toEqual({ b: '3', c: '4' });
    await tell(id, { d: '5' }, 'replace');
    expect((await rowOf(id))!.attributes).toEqual({ d: '5' });
  });

  it('may be a SIM: a claim, which is never taken from who proved it', async () => {
    const [id, rival, proved, imsi, another] = [newId(), newId(), newId(), newImsi(), newImsi()];
    await ask(proved, { headers: signed(imsi) });
    await ask(id);
    await tell(id, { imsi });
    expect([await rowOf(id), await rowOf(proved)]).toMatchObject([{ imsi: null }, { imsi, imsi_proved: true }]);
    await tell(id, { imsi: another });
    expect(await rowOf(id)).toMatchObject({ imsi: another, imsi_proved: false });
    await ask(rival);
    await tell(rival, { imsi: another });
    expect([await rowOf(id), await rowOf(rival)]).toMatchObject([{ imsi: null }, { imsi: another }]);
    expect(await auditOf(id)).toEqual(['registered', 'sim-claimed', 'sim-lost']);
  });

  it.each([
    ['board', { board: 'a board' }],
    ['timeZone', { timeZone: 'Mars/Olympus' }],
    ['imsi', { imsi: 'mine' }],
    ['agentVersion', { agentVersion: 'latest' }],
    ['characters', { ['x'.repeat(65)]: '1' }],
    ['256', { note: 'x'.repeat(257) }],
    ['64 attributes', Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`a${n}`, '']))],
    ['data', { nested: {} }],
  ])('is refused whole where it is wrong, which names %s', async (what, data) => {
    const id = newId();
    await ask(id);
    const { status, body } = await tell(id, { good: '1', ...data });
    expect([status, body.code]).toEqual([400, 'BAD_REQUEST']);
    expect(`${body.detail} ${body.parameter}`).toContain(what);
    expect((await rowOf(id))!.attributes).toEqual({});
  });

  it('is refused unread where it is 10 MB', async () => {
    const id = newId();
    const huge = { data: { a: 'x'.repeat(10_000_000) } };
    expect((await ask(`${id}/configData`, { method: 'PUT', headers: {}, payload: huge })).status).toBe(401);
    expect(await rowOf(id)).toBeUndefined();
    const { status, body } = await ask(`${id}/configData`, { method: 'PUT', payload: huge });
    expect([status, body.code]).toEqual([413, 'BODY_TOO_LARGE']);
  });
});

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

describe('a download', () => {
  const etagOf = () => `"${image.bundle.sha256}"`;

  it('is the bundle, byte for byte, with its ETag', async () => {
    const { id, artifact } = await offered();
    const { status, headers, bytes } = await ask(artifact);
    expect([status, headers.etag, headers['accept-ranges']]).toEqual([200, etagOf(), 'bytes']);
    expect(headers['content-length']).toBe(String(bundle.length));
    expect(bytes.equals(bundle)).toBe(true);
    await expect.poll(async () => (await actionRow(id)).served_bytes).toBe(bundle.length);
  });

  it('goes on where it was, as long as it is the same bundle', async () => {
    const { artifact, id } = await offered();
    const from = (range: string, more = {}) => ask(artifact, { headers: { ...GATEWAY_HEADERS, range, ...more } });
    const part = await from('bytes=150000-', { 'if-range': etagOf() });
    expect([part.status, part.headers['content-range']]).toEqual([206, 'bytes 150000-199999/200000']);
    expect(part.bytes.equals(bundle.subarray(150_000))).toBe(true);
    expect((await from('bytes=150000-', { 'if-range': '"another"' })).status).toBe(200);
    const beyond = await from('bytes=200000-');
    expect([beyond.status, beyond.headers['content-range']]).toEqual([416, 'bytes */200000']);
    expect(await actionRow(id)).toMatchObject({ beginnings: 1 });
  });

  it('is looked at by HEAD without a byte of it being served', async () => {
    const { artifact, id } = await offered();
    const { status, headers } = await ask(artifact, { method: 'HEAD' });
    expect([status, headers['content-length'], headers.etag]).toEqual([200, String(bundle.length), etagOf()]);
    expect(await actionRow(id)).toMatchObject({ served_bytes: 0, beginnings: 0 });
  });

  it('keeps to the device’s bytes of a day, and goes on the next', async () => {
    clock.setWall(NOW);
    const { artifact, id } = await offered({ dailyBytes: 120_000 });
    const from = (range: string) => ask(artifact, { headers: { ...GATEWAY_HEADERS, range } });
    const first = await from('bytes=0-');
    expect([first.status, first.headers['content-range']]).toEqual([206, 'bytes 0-119999/200000']);
    await expect.poll(async () => (await actionRow(id)).served_bytes).toBe(120_000);
    const spent = await from('bytes=120000-');
    expect([spent.status, spent.body.code]).toEqual([429, 'DAILY_BYTES_SPENT']);
    const halfADay = 12 * 3_600;
    expect(Number(spent.headers['retry-after'])).toBeGreaterThanOrEqual(halfADay);
    expect(Number(spent.headers['retry-after'])).toBeLessThanOrEqual(halfADay + 3_600);
    clock.setWall(NOW + halfADay * 1_000);
    const rest = await from('bytes=120000-');
    expect(Buffer.concat([first.bytes, rest.bytes]).equals(bundle)).toBe(true);
  });

  it('of the whole breaks off where the day’s bytes end, as no client can take for the whole', async () => {
    const { artifact } = await offered({ dailyBytes: 70_000 });
    await expect(ask(artifact)).rejects.toThrow(/destroyed|aborted|closed|socket/i);
  });

  it('that is gone from the bundle store ends the action, in place of a 404 for ever', async () => {
    const { controllerId, artifact, id } = await offered();
    bundles.clear();
    const { status, body } = await ask(artifact);
    expect([status, body.code]).toEqual([410, 'ACTION_CLOSED']);
    expect(await actionRow(id)).toMatchObject({
      ...{ state: 'closed', outcome: 'failure' },
      detail: 'its bundle is not in the bundle store any more',
    });
    expect((await ask(controllerId)).body._links.deploymentBase).toBeUndefined();
    expect(await auditOf(controllerId)).toEqual(['action-failure']);
  });

  it('that begins anew again and again ends the action', async () => {
    const { artifact, id } = await offered();
    const first = { headers: { ...GATEWAY_HEADERS, range: 'bytes=0-9' } };
    for (let time = 0; time < 20; time++) expect((await ask(artifact, first)).status).toBe(206);
    expect((await ask(artifact, { headers: { ...GATEWAY_HEADERS, range: 'bytes=10-19' } })).status).toBe(206);
    expect((await ask(artifact, first)).status).toBe(410);
    expect((await actionRow(id)).detail).toBe('its download was begun from the first byte 21 times');
  });

  it('is of the named file of an open action of this device alone', async () => {
    const { controllerId, id, artifact } = await offered();
    for (const path of [
      artifact.replace(controllerId, newId()),
      `${controllerId}/deploymentBase/${id}/artifacts/other.raucb`,
      `${controllerId}/deploymentBase/${id}/artifacts/..%2f..%2fetc%2fpasswd`,
    ])
      expect((await ask(path)).status, path).toBe(404);
    const cancelled = await offered({ state: 'canceling' });
    expect((await ask(cancelled.artifact)).status).toBe(410);
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

it('nothing of the updaters is served where no images are kept', async () => {
  const without = await openApiOver(store, { clock, beam });
  expect((await ask(newId(), { app: without })).status).toBe(404);
  await without.close();
});
