import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { TestClock } from '@tashika/shared/time';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { simOf } from '../sims/index.ts';
import { type Metadata, startMetadata } from './index.ts';

const SENDAI = '127.1.0.7';
const SWITCHED_OFF = '127.1.0.8';

describe('the metadata service', () => {
  let metadata: Metadata;
  let userData: string | undefined;

  beforeEach(async () => {
    userData = '{"region":"04"}';
    metadata = await startMetadata({
      tagsOf: ({ imsi }) =>
        imsi === simOf(SWITCHED_OFF)!.imsi ? undefined : imsi === simOf(SENDAI)!.imsi ? { pref: '04' } : {},
      userData: () => userData,
    });
  });

  afterEach(() => metadata.stop());

  function get(path: string, from: string, method = 'GET'): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      const asked = request({ port: metadata.port, path, method, localAddress: from, agent: false });
      asked.on('response', (response) =>
        text(response).then((body) => resolve({ status: response.statusCode!, body }), reject),
      );
      asked.on('error', reject);
      asked.end();
    });
  }

  it("shows the asking SIM's own record", async () => {
    const { status, body } = await get('/v1/subscriber', SENDAI);
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({
      ...{ imsi: '295000000065543', tags: { pref: '04' } },
      sessionStatus: { imei: '860000000065543', online: true },
    });
  });

  it('shows a value at a dot path as plain text that ends with a newline', async () => {
    expect(await get('/v1/subscriber.tags.pref', SENDAI)).toEqual({ status: 200, body: '04\n' });
    expect(await get('/v1/subscriber.sessionStatus.online', SENDAI)).toEqual({ status: 200, body: 'true\n' });
    expect(await get('/v1/subscriber.tags', SENDAI)).toEqual({ status: 200, body: '{"pref":"04"}\n' });
  });

  it("serves the group's user data as they are now", async () => {
    expect(await get('/v1/userdata', SENDAI)).toEqual({ status: 200, body: '{"region":"04"}' });
    userData = undefined;
    expect((await get('/v1/userdata', SENDAI)).status).toBe(404);
  });

  it.each(['/v1/subscriber.tags.nope', '/v1/subscriber.imsi.length', '/v1/subscriber.constructor', '/v1', '/%'])(
    'has nothing at %s',
    async (path) => {
      expect(await get(path, SENDAI)).toEqual({ status: 404, body: 'Specified key does not exist.' });
    },
  );

  it('has no tag where the SIM has none', async () => {
    expect((await get('/v1/subscriber.tags.pref', '127.1.0.9')).status).toBe(404);
  });

  it('stops at once though a connection has sent nothing yet, as a browser opens them ahead', async () => {
    const stopping = await startMetadata({ tagsOf: () => ({}), clock: new TestClock() });
    const silent = connect(stopping.port, '127.0.0.1');
    const closed = once(silent.resume(), 'close');
    await fetch(`http://127.0.0.1:${stopping.port}/`); // answered: the connection before it is accepted
    await stopping.stop();
    await closed;
  }, 5_000);

  it('is closed to a SIM whose group has it switched off, and to writing', async () => {
    const refused = { status: 403, body: 'You are not allowed to access Metadata Server.' };
    expect(await get('/v1/subscriber', SWITCHED_OFF)).toEqual(refused);
    expect(await get('/v1/subscriber', SENDAI, 'PUT')).toEqual(refused);
  });
});
