import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SoracomApi as StandIn, startSoracomApi } from '../../local/soracom-api/index.ts';
import { HastyClock } from '../testing/hasty-clock.ts';
import { simOf } from '../testing/rig.ts';
import { endpointOf, SoracomApi, type SoracomApiOptions, UnclearOutcome } from './index.ts';

const SIMS = 25;
let clock: HastyClock;
let standIn: StandIn;

beforeEach(async () => {
  clock = new HastyClock();
  const sims = Array.from({ length: SIMS }, (_, index) => ({ sim: simOf(index) }));
  standIn = await startSoracomApi({ clock, sims, requestsPerMinute: 20 });
});
afterEach(() => standIn.close());

const client = (options: Partial<SoracomApiOptions> = {}) =>
  new SoracomApi({ endpoint: standIn.url, authKey: async () => standIn.authKey, clock, random: () => 0.5, ...options });

async function allSims(api: SoracomApi): Promise<readonly unknown[]> {
  const sims: unknown[] = [];
  for await (const page of api.pages('/sims')) sims.push(...page);
  return sims;
}

const paths = () => standIn.state.audit.newest().map(({ path, statusCode }) => `${statusCode} ${path}`);

describe('the client', () => {
  it('reads all pages of a list', async () => {
    standIn.faults.pageSize = 7;
    expect(await allSims(client())).toHaveLength(SIMS);
  });

  it('logs in once for many requests, and gives the token back at the end', async () => {
    const api = client();
    await Promise.all(['/groups', '/credentials', '/sims'].map((path) => api.request('GET', path)));
    await api.close();
    expect(paths().filter((path) => path.endsWith('/auth'))).toHaveLength(1);
    expect(paths()[0]).toBe('204 /v1/auth/logout');
  });

  it.each(['/groups/g/tags/..', '/groups/g/configuration/SoracomAir/.', '/credentials/..'])(
    'sends nothing to %s, which would arrive as another path',
    async (path) => {
      await expect(client().request('DELETE', path)).rejects.toMatchObject({
        code: 'SORACOM_REFUSED',
        message: expect.stringMatching(/^A name "\.{1,2}" can't stand in a path .*by hand/),
      });
      expect(paths()).toEqual([]);
    },
  );

  it('logs in anew, once, when the token has expired under many requests', async () => {
    const api = client();
    await api.operator();
    standIn.faults.add({ kind: 'tokens-expired' });
    await Promise.all(['/groups', '/credentials', '/sims'].map((path) => api.request('GET', path)));
    expect(paths().filter((path) => path.endsWith('/auth'))).toHaveLength(2);
  });

  it('logs in anew before a token that it knows the age of expires', async () => {
    const api = client();
    await api.operator();
    await clock.sleep(55 * 60_000);
    await api.request('GET', '/groups');
    expect(paths()).toEqual(['200 /v1/groups', '200 /v1/auth', '200 /v1/auth']);
  });

  it('says that it is denied when a fresh token is refused too', async () => {
    standIn.faults.add({ kind: 'tokens-expired', on: 'GET /groups', times: 5 });
    await expect(client().request('GET', '/groups')).rejects.toMatchObject({ code: 'SORACOM_DENIED' });
  });

  it('pauses as a whole for as long as a 429 says, and goes on', async () => {
    const api = client();
    for (let n = 0; n < 45; n++) await api.request('GET', '/groups');
    expect(clock.slept).toBeGreaterThan(100_000);
    expect(clock.slept).toBeLessThan(130_000);
  });

  it('gives up on 429 that does not end', async () => {
    standIn.faults.add({ kind: 'too-many-requests', on: 'GET /groups', times: 100 });
    await expect(client().request('GET', '/groups')).rejects.toMatchObject({ code: 'SORACOM_BUSY' });
  });

  it('repeats what may be repeated, and says when nothing helps', async () => {
    const api = client();
    standIn.faults.add({ kind: 'internal-error', on: 'GET /groups', times: 3 });
    expect((await api.request('GET', '/groups')).status).toBe(200);
    standIn.faults.add({ kind: 'cut-before-the-change', on: 'GET /groups', times: 100 });
    await expect(api.request('GET', '/groups')).rejects.toMatchObject({ code: 'SORACOM_UNREACHABLE' });
  });

  it('never repeats what could be done twice', async () => {
    standIn.faults.add({ kind: 'cut-after-the-change', on: 'POST /groups' });
    await expect(
      client().request('POST', '/groups', { body: { tags: { name: 'one' } }, once: true }),
    ).rejects.toBeInstanceOf(UnclearOutcome);
    expect(standIn.state.settings.groups).toHaveLength(1);
  });

  it('begins nothing once it is stopped', async () => {
    const stop = new AbortController();
    const api = client({ signal: stop.signal });
    await api.operator();
    stop.abort(new Error('stopped'));
    await expect(api.request('GET', '/groups')).rejects.toThrow('stopped');
    expect(paths()).toEqual(['200 /v1/auth']);
  });

  it('says what is wrong with a request without a secret of it', async () => {
    const odd = await startOddServer((request, response) => {
      const isAuth = request.url === '/v1/auth';
      const body = isAuth
        ? { apiKey: 'api-key-of-a-test', token: 'token-of-a-test', operatorId: 'OP0012345678' }
        : { code: 'X1', message: `no \u001b[31m${request.headers['x-soracom-token']} here` };
      response.writeHead(isAuth ? 200 : 400).end(JSON.stringify(body));
    });
    await expect(client({ endpoint: odd.url }).request('GET', '/groups')).rejects.toMatchObject({
      code: 'SORACOM_REFUSED',
      message: 'SORACOM refuses GET /groups: 400 X1 no [31m(hidden) here.',
    });
    await odd.close();
  });

  it('takes a page that is not JSON, a redirect and pages without end for no answer', async () => {
    let answer: [number, Record<string, string>, string] = [200, {}, '<html>Log in</html>'];
    const odd = await startOddServer((_, response) => response.writeHead(answer[0], answer[1]).end(answer[2]));
    const refused = { code: 'SORACOM_UNREACHABLE' };
    await expect(client({ endpoint: odd.url }).operator()).rejects.toMatchObject(refused);
    answer = [302, { location: `${standIn.url}/v1/auth` }, ''];
    await expect(client({ endpoint: odd.url }).operator()).rejects.toMatchObject(refused);
    answer = [200, {}, '{"apiKey":"a","token":"t","operatorId":"OP0012345678"}'];
    const api = client({ endpoint: odd.url });
    await api.operator();
    answer = [200, { 'x-soracom-next-key': 'same' }, '[]'];
    await expect(allSims(api)).rejects.toMatchObject(refused);
    await odd.close();
  });
});

async function startOddServer(answer: RequestListener) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

describe('where the API is', () => {
  it("is the coverage's own host, or SORACOM_ENDPOINT without a slash at its end", () => {
    expect(endpointOf('jp', {})).toBe('https://api.soracom.io');
    expect(endpointOf('g', { SORACOM_ENDPOINT: '' })).toBe('https://g.api.soracom.io');
    expect(endpointOf('g', { SORACOM_ENDPOINT: 'http://127.0.0.1:8091/' })).toBe('http://127.0.0.1:8091');
  });

  it.each([
    'api.soracom.io',
    'http://10.0.0.1',
    'http://localhost.example',
    'https://user:word@api.example',
    'ftp://127.0.0.1',
  ])('is not %s', (SORACOM_ENDPOINT) => {
    expect(() => endpointOf('jp', { SORACOM_ENDPOINT })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});
