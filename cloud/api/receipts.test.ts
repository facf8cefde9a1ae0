import { TestClock } from '@tashika/shared/time';
import type { FastifyInstance } from 'fastify';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { signatureOf } from '../receipts/index.ts';
import { type OpenApi, openApi, openApiOver } from './testing/open.ts';
import { addLedger } from './testing/seed.ts';

const KEY = 'mysecretkey';
const IMSI = '295000000000007';
const beam = { preSharedKeys: [KEY], toleranceMs: 300_000 };
const clock = new TestClock(Date.UTC(2026, 0, 31, 12));

let api: OpenApi;
beforeAll(async () => {
  api = await openApi({ clock, beam });
  await addLedger(api.store, { imsi: IMSI, stream: 'gappy', received: '{[1,4),[9,12)}', lost: '{[4,5)}' });
  const scattered = Array.from({ length: 1_200 }, (_, n) => `[${2 * n + 2},${2 * n + 3})`).join(',');
  await addLedger(api.store, { imsi: IMSI, stream: 'scattered', received: `{${scattered}}` });
});
afterAll(() => api.close());
afterEach(() => clock.advance(1)); // the next request has a timestamp of its own

function signed(imsi = IMSI, signedAt = clock.now()): Record<string, string> {
  const headers = {
    'x-soracom-imei': '860000000000007',
    'x-soracom-imsi': imsi,
    'x-soracom-timestamp': String(signedAt),
    'x-soracom-signature-version': '20151001',
  };
  return { ...headers, 'x-soracom-signature': signatureOf(KEY, headers).toString('hex') };
}

async function ask(query: string, headers: Record<string, string>, app: FastifyInstance = api.app) {
  const answer = await app.inject({ url: `/v1/receipts${query}`, headers });
  return { status: answer.statusCode, headers: answer.headers, ...answer.json() };
}

describe('a receipt', () => {
  it('tells a device which of the numbers of its stream are missing; what it gave up is not', async () => {
    expect(await ask('?stream=gappy', signed())).toMatchObject({
      status: 200,
      stream: 'gappy',
      through: 11,
      missing: [[5, 8]],
    });
  });

  it('names 1,000 ranges at most, and reaches no further than the last of them', async () => {
    const { through, missing } = await ask('?stream=scattered', signed());
    expect([through, missing.length, missing.at(-1)]).toEqual([1_999, 1_000, [1_999, 1_999]]);
  });

  it('comes with few headers: a device pays for each byte', async () => {
    const { headers } = await ask('?stream=gappy', signed());
    expect(Object.keys(headers).filter((name) => !/^(x-ratelimit|content|date|connection|cache)/.test(name))).toEqual(
      [],
    );
    expect(headers['content-security-policy']).toBeUndefined();
  });

  it("is empty for a stream that is not there, and for another SIM's: it does not tell which", async () => {
    const nothing = { status: 200, through: 0, missing: [] };
    expect(await ask('?stream=none', signed())).toMatchObject(nothing);
    expect(await ask('?stream=gappy', signed('295000000000008'))).toMatchObject(nothing);
  });

  it.each(['', '?stream=', '?stream=a%00b', `?stream=${'a'.repeat(65)}`, '?stream=a&stream=b', '?stream=a&x=1'])(
    'is not given for the stream of %j',
    async (query) => {
      expect(await ask(query, signed())).toMatchObject({ status: 400, code: 'BAD_REQUEST' });
    },
  );
});

describe('a request for a receipt', () => {
  it('without a signature is refused, whatever it asks for, and told how to be answered', async () => {
    for (const query of ['?stream=gappy', '?stream=', '?imsi=1'])
      expect(await ask(query, { 'x-soracom-imsi': IMSI })).toMatchObject({
        status: 401,
        code: 'SIGNATURE_REFUSED',
        headers: { 'www-authenticate': 'SoracomBeam' },
      });
  });

  it('with a wrong signature, or too old a one, is refused', async () => {
    expect(await ask('?stream=gappy', { ...signed(), 'x-soracom-imsi': '295000000000008' })).toMatchObject({
      status: 401,
    });
    expect(await ask('?stream=gappy', signed(IMSI, clock.now() - 300_001))).toMatchObject({ status: 401 });
  });

  it('is answered once: the same one is refused here, at another process, and long after', async () => {
    const other = await openApiOver(api.store, { clock, beam });
    const request = signed();
    expect((await ask('?stream=gappy', request)).status).toBe(200);
    for (const app of [api.app, other])
      expect(await ask('?stream=gappy', request, app)).toMatchObject({
        status: 401,
        detail: expect.stringContaining('before'),
      });
    await clock.advance(300_000);
    expect((await ask('?stream=gappy', request)).status).toBe(401);
    await other.close();
  });

  it('is answered once, however many ask with it at the same time', async () => {
    const request = signed();
    const answers = await Promise.all(Array.from({ length: 5 }, () => ask('?stream=gappy', request)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401, 401]);
  });

  it('is forgotten when its signature is good no longer', async () => {
    await clock.advance(700_000);
    await ask('?stream=gappy', signed());
    expect(await api.store.query('SELECT count(*) AS requests FROM receipt_request')).toEqual([{ requests: 1 }]);
  });

  it('is not answered by a cloud that has no key, which says what to set', async () => {
    const keyless = await openApiOver(api.store, { clock });
    expect(await ask('?stream=gappy', signed(), keyless)).toMatchObject({
      status: 503,
      code: 'BEAM_NOT_CONFIGURED',
      detail: expect.stringContaining('TASHIKA_CLOUD_BEAM_PRE_SHARED_KEY'),
    });
    await keyless.close();
  });
});
