import { afterAll, describe, expect, it } from 'vitest';
import { sha256Of } from '../../fleet/ddi/index.ts';
import { addAction, addFleetDevice } from '../../fleet/ddi/testing/index.ts';
import { openApiOver } from '../testing/open.ts';
import { beam, GATEWAY_HEADERS, NOW, openUpdaterScene, POLL_MS } from './testing/updater-scene.ts';

const { store, app, clock, image, openUpdaters, ask, signed, rowOf, auditOf, newId, newImsi, withToken, later, close } =
  await openUpdaterScene();
afterAll(close);

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

  it('does not take over what the agent in the former device told of itself, and keeps what its own has told since', async () => {
    const [former, id, imsi] = [newId(), newId(), newImsi()];
    await ask(former, { headers: signed(imsi) });
    const [before, since] = [clock.now() - 60_000, clock.now() + POLL_MS];
    await store.query(
      `INSERT INTO device (imsi, region, last_seen, last_values)
       SELECT $1, '13', now(), jsonb_object_agg(name, jsonb_build_object('value', told, 'unit', '', 'time', at))
         FROM (VALUES ('agent/version', '1.5.0', $2), ('agent/starts', '7', $3), ('temp', '21', $2))
           AS last (name, told, at)`,
      [imsi, new Date(before).toISOString(), new Date(since).toISOString()],
    );
    later(2 * POLL_MS);
    await ask(id, { headers: signed(imsi) });
    const [row] = await store.query<{ names: string[] }>(
      'SELECT ARRAY(SELECT jsonb_object_keys(last_values) ORDER BY 1) AS names FROM device WHERE imsi = $1',
      [imsi],
    );
    expect(row!.names).toEqual(['agent/starts', 'temp']);
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

it('nothing of the updaters is served where no images are kept', async () => {
  const without = await openApiOver(store, { clock, beam });
  expect((await ask(newId(), { app: without })).status).toBe(404);
  await without.close();
});
