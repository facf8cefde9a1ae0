import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestClock } from '@tashika/shared/time';
import { describe, expect, it, onTestFinished } from 'vitest';
import { simIdOf, simOf } from '../sims/index.ts';
import { CONFIGURATION_LIMIT_BYTES, environmentFileIn, type SoracomApiOptions, startSoracomApi } from './index.ts';
import { Client } from './testing/index.ts';

const NOW = Date.UTC(2026, 4, 1);
const SIMS = ['127.1.0.1', '127.1.0.2', '127.1.0.3'].map((address) => ({ sim: simOf(address)!, tags: { pref: '13' } }));
const SIM_ID = simIdOf(SIMS[0]!.sim);
const AZURE = {
  type: 'azure-credentials',
  credentials: { policyName: 'Send', key: 'hush-hush' },
  description: 'for Funnel',
};

/** An API, and a client that is logged in to it. */
async function started(options: SoracomApiOptions = {}) {
  const clock = new TestClock(NOW);
  const faults: unknown[] = [];
  const api = await startSoracomApi({ clock, sims: SIMS, onFault: (error) => faults.push(error), ...options });
  onTestFinished(() => api.close());
  const client = new Client(api);
  await client.logIn();
  return { api, clock, client, faults };
}

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'tashika-soracom-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

describe('logging in', () => {
  it('gives a key and a token that are good until they expire', async () => {
    const { client, clock } = await started();
    expect((await client.logIn({ tokenTimeoutSeconds: 300 })).body).toMatchObject({ operatorId: 'OP0012345678' });
    await clock.advance(299_000);
    expect((await client.ask('GET', '/groups')).status).toBe(200);
    await clock.advance(1_000);
    expect((await client.ask('GET', '/groups')).status).toBe(401);
  });

  it('is refused to a wrong key, and without saying which half is wrong', async () => {
    const { api, client } = await started();
    const refusals = await Promise.all(
      [{ authKey: 'secret-wrong' }, { authKeyId: 'keyId-wrong' }].map((wrong) =>
        client.ask('POST', '/auth', { body: { ...api.authKey, ...wrong }, headers: {} }),
      ),
    );
    expect(refusals.map(({ status }) => status)).toEqual([401, 401]);
    expect(refusals[0]!.body).toEqual(refusals[1]!.body);
    expect((await client.ask('POST', '/auth', { body: { email: 'a@b.c', password: 'p' }, headers: {} })).status).toBe(
      401,
    );
  });

  it('is needed for everything else, key and token both', async () => {
    const { client } = await started();
    expect((await client.ask('GET', '/sims', { headers: {} })).body).toEqual({
      code: 'AUM0001',
      message: 'Token is required in the request header',
    });
    const { body } = await client.logIn();
    const headers = { 'x-soracom-api-key': body.apiKey, 'x-soracom-token': `${body.token}x` };
    expect((await client.ask('GET', '/sims', { headers })).status).toBe(401);
  });

  it('ends with logging out', async () => {
    const { client } = await started();
    expect((await client.ask('POST', '/auth/logout')).status).toBe(204);
    expect((await client.ask('GET', '/groups')).status).toBe(401);
  });
});

describe('groups', () => {
  it('are made, shown, changed key by key, tagged, cleared and deleted', async () => {
    const { client, clock } = await started();
    const { status, body: made } = await client.ask('POST', '/groups', { body: { tags: { name: 'pi' } } });
    expect([status, made.tags, made.configuration, made.createdTime]).toEqual([201, { name: 'pi' }, {}, NOW]);
    const path = `/groups/${made.groupId}`;
    await clock.advance(5);
    const put = (body: unknown) => client.ask('PUT', `${path}/configuration/SoracomAir`, { body });
    await put([
      { key: 'metadata', value: { enabled: true, readonly: true } },
      { key: 'userdata', value: 'one' },
    ]);
    const { body: changed } = await put([{ key: 'userdata', value: 'two' }]);
    expect(changed.configuration).toEqual({
      SoracomAir: { metadata: { enabled: true, readonly: true }, userdata: 'two' },
    });
    expect([changed.createdTime, changed.lastModifiedTime]).toEqual([NOW, NOW + 5]);
    expect((await client.ask('DELETE', `${path}/configuration/SoracomAir/userdata`)).status).toBe(204);
    await client.ask('PUT', `${path}/tags`, { body: [{ tagName: 'site', tagValue: '仙台' }] });
    expect((await client.ask('GET', path)).body).toMatchObject({
      tags: { name: 'pi', site: '仙台' },
      configuration: { SoracomAir: { metadata: { enabled: true, readonly: true } } },
    });
    expect((await client.ask('DELETE', `${path}/configuration/SoracomAir`)).status).toBe(204);
    expect((await client.ask('DELETE', `${path}/configuration/SoracomAir`)).status).toBe(400);
    expect((await client.ask('DELETE', `${path}/tags/site`)).status).toBe(204);
    expect((await client.ask('DELETE', `${path}/tags/site`)).status).toBe(404);
    expect((await client.ask('GET', path)).body).toMatchObject({ tags: { name: 'pi' }, configuration: {} });
    expect((await client.ask('DELETE', path)).status).toBe(204);
    expect((await client.ask('GET', path)).status).toBe(404);
    expect((await client.ask('DELETE', path)).status).toBe(404);
  });

  it('are listed page by page, and found by a tag', async () => {
    const { api, client } = await started();
    for (const name of ['a', 'ab', 'b']) await client.ask('POST', '/groups', { body: { tags: { name } } });
    api.faults.pageSize = 1;
    const { items, pages } = await client.all('/groups?limit=2');
    expect([items.map(({ tags }) => tags.name).sort(), pages]).toEqual([['a', 'ab', 'b'], 3]);
    const named = async (query: string) => (await client.all(`/groups?tag_name=name&${query}`)).items.length;
    expect([await named('tag_value=a'), await named('tag_value=a&tag_value_match_mode=prefix')]).toEqual([1, 2]);
  });

  it('hold eight kilobytes in all their namespaces together, and not one byte more', async () => {
    const { client } = await started();
    const { body: group } = await client.ask('POST', '/groups', {
      body: { configuration: { SoracomFunnel: { enabled: true } } },
    });
    const put = (userdata: string) =>
      client.ask('PUT', `/groups/${group.groupId}/configuration/SoracomAir`, {
        body: [{ key: 'userdata', value: userdata }],
      });
    const frame = Buffer.byteLength('{"SoracomFunnel":{"enabled":true},"SoracomAir":{"userdata":""}}');
    const room = CONFIGURATION_LIMIT_BYTES - frame;
    expect((await put('x'.repeat(room))).status).toBe(200);
    const refused = await put('x'.repeat(room + 1));
    expect([refused.status, refused.body.message]).toEqual([400, expect.stringContaining('8193 bytes')]);
    expect((await put('あ'.repeat(Math.floor(room / 3) + 1))).status).toBe(400);
    const { body: after } = await client.ask('GET', `/groups/${group.groupId}`);
    expect(after.configuration.SoracomAir.userdata).toBe('x'.repeat(room));
    const large = { configuration: { SoracomAir: { userdata: 'x'.repeat(CONFIGURATION_LIMIT_BYTES) } } };
    expect((await client.ask('POST', '/groups', { body: large })).status).toBe(400);
  });

  it.each([
    ['SoracomFunnel', { key: 'enabled', value: 'true' }],
    ['SoracomFunnel', { key: 'contentType', value: 'yaml' }],
    ['SoracomFunnel', { key: 'destination', value: { provider: 'azure' } }],
    ['SoracomAir', { key: 'userdata', value: { a: 1 } }],
    ['SoracomBeam', { key: 'http://beam.soracom.io:8888/', value: { enabled: true } }],
  ])('refuse a value of %s that no service could read: %j', async (namespace, update) => {
    const { client } = await started();
    const { body: group } = await client.ask('POST', '/groups', { body: {} });
    const { status, body } = await client.ask('PUT', `/groups/${group.groupId}/configuration/${namespace}`, {
      body: [update],
    });
    expect([status, body.message]).toEqual([400, expect.stringContaining(namespace)]);
  });
});

describe('credentials', () => {
  it('are made once, changed and deleted, and never come back', async () => {
    const { api, client, clock } = await started();
    const heard = [await client.ask('POST', '/credentials/azure-eh', { body: AZURE })];
    expect(heard[0]!.status).toBe(201);
    heard.push(await client.ask('POST', '/credentials/azure-eh', { body: AZURE }));
    expect(heard[1]!.status).toBe(400);
    await clock.advance(7);
    const changed = {
      ...AZURE,
      credentials: { policyName: 'Send', key: 'more-hush' },
      description: 'sha256:0123456789ab',
    };
    heard.push(await client.ask('PUT', '/credentials/azure-eh', { body: changed }));
    heard.push(await client.ask('GET', '/credentials'));
    expect(heard[3]!.body).toEqual([
      {
        ...{
          credentialsId: 'azure-eh',
          type: 'azure-credentials',
          description: 'sha256:0123456789ab',
          credentials: {},
        },
        ...{ createDateTime: NOW, updateDateTime: NOW + 7, lastUsedDateTime: 0 },
      },
    ]);
    expect(JSON.stringify(heard)).not.toMatch(/hush/);
    expect(api.state.use('azure-eh', NOW)?.credentials).toEqual({ policyName: 'Send', key: 'more-hush' });
    expect((await client.ask('DELETE', '/credentials/azure-eh')).status).toBe(204);
    expect((await client.ask('PUT', '/credentials/azure-eh', { body: changed })).status).toBe(404);
    expect((await client.ask('DELETE', '/credentials/azure-eh')).status).toBe(404);
  });

  it('are refused with a field missing, and the refusal holds nothing of them', async () => {
    const { client } = await started();
    const body = { type: 'azure-credentials', credentials: { policyname: 'Send', key: 'hush' } };
    const refused = await client.ask('POST', '/credentials/azure-eh', { body });
    expect([refused.status, refused.body.message]).toEqual([400, expect.stringContaining('policyName')]);
    expect(refused.body.message).not.toContain('hush');
  });
});

describe('SIMs', () => {
  it('are listed page by page, each once', async () => {
    const { api, client } = await started();
    expect((await client.all('/sims')).pages).toBe(1);
    api.faults.pageSize = 1;
    const { items, pages } = await client.all('/sims?limit=100');
    expect([items.map(({ simId }) => simId), pages]).toEqual([SIMS.map(({ sim }) => simIdOf(sim)), 3]);
    const { headers } = await client.ask('GET', '/sims?limit=1');
    expect(headers.get('link')).toBe(`</v1/sims?limit=1&last_evaluated_key=${SIM_ID}>; rel=next`);
  });

  it('go on after the last one seen, also when that one is gone', async () => {
    const { client } = await started();
    const between = `${SIM_ID}5`; // behind the first, before the second
    expect((await client.all(`/sims?last_evaluated_key=${between}`)).items).toHaveLength(2);
  });

  it('are tagged and grouped', async () => {
    const { client, clock } = await started();
    const { body: group } = await client.ask('POST', '/groups', { body: { tags: { name: 'pi' } } });
    await clock.advance(3);
    const tagged = await client.ask('PUT', `/sims/${SIM_ID}/tags`, { body: [{ tagName: 'pref', tagValue: '04' }] });
    expect(tagged.body).toMatchObject({ tags: { name: '', pref: '04' }, lastModifiedTime: NOW + 3 });
    expect(tagged.body).not.toHaveProperty('groupId');
    const set = (groupId: string) => client.ask('POST', `/sims/${SIM_ID}/set_group`, { body: { groupId } });
    expect((await set(group.groupId)).body.groupId).toBe(group.groupId);
    expect((await set('no-such-group')).status).toBe(404);
    expect((await client.all(`/groups/${group.groupId}/subscribers`)).items).toHaveLength(1);
    expect((await client.ask('POST', `/sims/${SIM_ID}/unset_group`)).body).not.toHaveProperty('groupId');
    await set(group.groupId);
    await client.ask('DELETE', `/groups/${group.groupId}`);
    expect((await client.ask('GET', `/sims/${SIM_ID}`)).body).not.toHaveProperty('groupId');
    expect((await client.ask('DELETE', `/sims/${SIM_ID}/tags/pref`)).status).toBe(204);
    expect((await client.ask('DELETE', `/sims/${SIM_ID}/tags/pref`)).status).toBe(404);
    expect((await client.ask('GET', '/sims/8981000')).status).toBe(404);
  });

  it('are found by what is said of them', async () => {
    const { client } = await started();
    const { body: group } = await client.ask('POST', '/groups', { body: { tags: { name: 'Sendai' } } });
    await client.ask('POST', `/sims/${SIM_ID}/set_group`, { body: { groupId: group.groupId } });
    await client.ask('PUT', `/sims/${SIM_ID}/tags`, { body: [{ tagName: 'name', tagValue: 'Well 7' }] });
    const found = async (query: string) => (await client.ask('GET', `/query/sims?${query}`)).body.length;
    expect(await found('')).toBe(3);
    expect(await found('name=well')).toBe(1);
    expect(await found('group=send')).toBe(1);
    expect(await found(`group_id=${group.groupId}`)).toBe(1);
    expect(await found('imsi=65538')).toBe(1);
    expect(await found('imsi=65538&name=well')).toBe(0);
    expect(await found('imsi=65538&name=well&search_type=or')).toBe(2);
    expect(await found('imsi=65537,65538&search_type=or')).toBe(2);
    expect((await client.ask('GET', '/query/sims?name=w')).status).toBe(400);
  });
});

describe('logs', () => {
  it('tell of a SIM, newest first, within the time that is asked for', async () => {
    const { api, client } = await started();
    const entry = (imsi: string, n: number) =>
      api.state.logs.add({ time: NOW + n, service: 'Funnel', imsi, body: { n } });
    for (let n = 1; n <= 4; n++) entry(SIMS[0]!.sim.imsi, n);
    entry(SIMS[1]!.sim.imsi, 5);
    const of = (query: string) =>
      client.all(`/logs?service=Funnel&resource_type=Subscriber&resource_id=${SIMS[0]!.sim.imsi}${query}`);
    api.faults.pageSize = 1;
    const { items, pages } = await of('');
    expect([items.map(({ body }) => body.n), pages]).toEqual([[4, 3, 2, 1], 4]);
    expect((await of(`&from=${NOW + 2}&to=${NOW + 3}`)).items.map(({ body }) => body.n)).toEqual([3, 2]);
    expect((await client.all('/logs?service=Beam')).items).toEqual([]);
  });

  it('tell of every request to the API, and nothing of what it held', async () => {
    const { client } = await started();
    await client.ask('POST', '/credentials/azure-eh', { body: AZURE });
    await client.ask('GET', '/groups/none');
    const { items } = await client.all('/audit_logs/api');
    expect(items.map(({ requestPath, statusCode }) => [requestPath, statusCode])).toEqual([
      ['/v1/groups/none', 404],
      ['/v1/credentials/azure-eh', 201],
      ['/v1/auth', 200],
    ]);
    expect((await client.all('/audit_logs/api?api_kind=/v1/groups/{group_id}')).items).toHaveLength(1);
    expect(JSON.stringify(items)).not.toMatch(/hush|secret-/);
  });

  it('keep the newest ones', async () => {
    const { api } = await started();
    for (let n = 0; n < 25_000; n++) api.state.logs.add({ time: NOW, service: 'Funnel', imsi: 'i', body: { n } });
    const kept = api.state.logs.newest();
    expect([kept.length, kept[0]!.body]).toEqual([10_000, { n: 24_999 }]);
    expect(new Set(kept.map(({ time }) => time)).size).toBe(10_000);
  });
});

describe('what the API does not take', () => {
  it.each([
    ['what is not JSON', 'POST', '/groups', '{"tags":'],
    ['a field that there is not', 'POST', '/groups', { name: 'pi' }],
    ['a parameter that there is not', 'GET', '/sims?limits=1', undefined],
  ])('is %s: 400', async (_name, method, path, body) => {
    const { client } = await started();
    expect((await client.ask(method, path, { body })).status).toBe(400);
  });

  it('is a body that never ends: 413', async () => {
    const { client } = await started();
    expect((await client.ask('POST', '/groups', { body: JSON.stringify('x'.repeat(2 ** 21)) })).status).toBe(413);
  });

  it('is what it does not have: 404', async () => {
    const { api, client } = await started();
    expect((await client.ask('GET', '/bills')).status).toBe(404);
    expect((await fetch(`${api.url}/v2/groups`)).status).toBe(404);
  });

  it.each(['/', '*', '//groups', '/v1/../ab/groups', 'http://[', '/v1/%'])(
    'is a path that is none, such as %s: 404',
    async (path) => {
      const { api, faults } = await started();
      const asked = request({ port: api.port, path, agent: false });
      asked.end();
      const [answer] = (await once(asked, 'response')) as [IncomingMessage];
      expect([answer.resume().statusCode, faults]).toEqual([404, []]);
    },
  );

  it('is too much within a minute: 429, and every answer tells how it stands', async () => {
    const { client, clock } = await started({ requestsPerMinute: 3 });
    const ask = () => client.ask('GET', '/groups');
    await ask();
    await clock.advance(20_000);
    const second = await ask();
    expect(second.headers.get('x-soracom-ratelimit-remaining')).toBe('1');
    expect(second.headers.get('x-soracom-ratelimit-seconds-before-refresh')).toBe('40');
    await ask();
    expect((await ask()).status).toBe(429);
    expect((await client.ask('GET', '/sims')).status).toBe(200); // each kind of resource by itself
    await clock.advance(40_000);
    expect((await ask()).status).toBe(200);
  });
});

describe('told to fail, the API', () => {
  const create = (client: Client) => client.ask('POST', '/groups', { body: { tags: { name: 'pi' } } });

  it.each([
    ['too-many-requests', 429, 0],
    ['internal-error', 500, 0],
    ['internal-error-after-the-change', 500, 1],
  ] as const)('answers as if it had %s', async (kind, status, groups) => {
    const { api, client } = await started();
    api.faults.add({ kind });
    expect((await create(client)).status).toBe(status);
    expect(api.state.settings.groups).toHaveLength(groups);
    expect((await create(client)).status).toBe(201);
  });

  it.each([
    ['cut-before-the-change', 0],
    ['cut-after-the-change', 1],
  ] as const)('hangs up: %s', async (kind, groups) => {
    const { api, client } = await started();
    api.faults.add({ kind, on: 'POST /groups', after: 1, times: 2 });
    expect((await create(client)).status).toBe(201);
    await expect(create(client)).rejects.toThrow('fetch failed');
    expect((await client.ask('GET', '/groups')).status).toBe(200);
    expect(api.state.settings.groups).toHaveLength(1 + groups);
    await expect(create(client)).rejects.toThrow('fetch failed');
    expect((await create(client)).status).toBe(201);
  });

  it('forgets its tokens', async () => {
    const { api, client } = await started();
    api.faults.add({ kind: 'tokens-expired' });
    expect((await create(client)).status).toBe(401);
    await client.logIn();
    expect((await create(client)).status).toBe(201);
  });

  it('takes its time', async () => {
    const { api, client, clock } = await started();
    api.faults.add({ kind: 'slow', delayMs: 5_000 });
    let answered = false;
    const slow = create(client).then((heard) => {
      answered = true;
      return heard;
    });
    while (clock.pending === 0) await new Promise(setImmediate); // until the request is there
    await clock.advance(4_999);
    expect(answered).toBe(false);
    await clock.advance(1);
    expect((await slow).status).toBe(201);
  });
});

describe('a directory', () => {
  it('keeps everything that was set, and the auth key, where their owner alone reads them', async () => {
    const dataDirectory = temporaryDirectory();
    const first = await startSoracomApi({ dataDirectory, sims: SIMS });
    const client = new Client(first);
    await client.logIn();
    const { body: group } = await client.ask('POST', '/groups', { body: { tags: { name: 'pi' } } });
    await client.ask('POST', '/credentials/azure-eh', { body: AZURE });
    await client.ask('POST', `/sims/${SIM_ID}/set_group`, { body: { groupId: group.groupId } });
    const before = first.state.settings;
    await first.close();

    const { api, client: later } = await started({
      dataDirectory,
      settings: { groups: [], credentials: [], sims: new Map() },
    });
    expect(api.state.settings).toEqual(before);
    expect(api.authKey).toEqual(first.authKey);
    expect((await later.ask('GET', `/sims/${SIM_ID}`)).body).toMatchObject({
      groupId: group.groupId,
      tags: { pref: '13' },
    });
    const environment = readFileSync(environmentFileIn(dataDirectory), 'utf8');
    expect(environment).toBe(
      `SORACOM_ENDPOINT=${api.url}\nSORACOM_AUTH_KEY_ID=${api.authKey.authKeyId}\nSORACOM_AUTH_KEY=${api.authKey.authKey}\n`,
    );
    for (const file of [environmentFileIn(dataDirectory), join(dataDirectory, 'account.json')])
      expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('is not taken for empty when it can’t be read', async () => {
    const dataDirectory = temporaryDirectory();
    await (await startSoracomApi({ dataDirectory })).close();
    writeFileSync(join(dataDirectory, 'account.json'), '{"format":1,"secret":"hush"');
    const refused = await startSoracomApi({ dataDirectory }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining('account.json') });
    expect(String(refused)).not.toContain('hush');
  });

  it('that is full changes nothing, and the API says so', async () => {
    const dataDirectory = temporaryDirectory();
    const { client, api, faults } = await started({ dataDirectory });
    mkdirSync(join(dataDirectory, 'account.json.new')); // what is to be written can't be
    expect((await client.ask('POST', '/groups', { body: {} })).status).toBe(500);
    expect(api.state.settings.groups).toEqual([]);
    expect(faults).toHaveLength(1);
  });
});
