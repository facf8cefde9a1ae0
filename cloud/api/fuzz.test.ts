import { seededChance } from '@tashika/shared/chance';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiDocument } from './testing/document.ts';
import { type OpenApi, openApi } from './testing/open.ts';
import { addDeadLetter, addDevice, commitWindows, setPartition, setWatch } from './testing/seed.ts';

const METHODS = ['GET', 'GET', 'GET', 'GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

const PATHS = [
  '/api/windows',
  '/api/windows/values',
  '/api/devices',
  '/api/devices/*',
  '/api/completeness',
  '/api/dead-letters',
  '/api/dead-letters/*',
  '/api/dead-letters/redrive',
  '/api/dead-letters/*/redrive',
  '/api/dead-letters/*/body',
  '/api/regions',
  '/api/health',
  '/api/ready',
  '/api/live',
  '/api/live',
  '/v1/receipts',
  '/metrics',
  '/*',
];

const NAMES = ['from', 'to', 'region', 'after', 'limit', 'reason', 'windowEnd', 'x', '__proto__', 'constructor', ''];

const VALUES = [
  '',
  '0',
  '1',
  '-1',
  '13',
  'JP-13',
  '東京都',
  '1e400',
  'NaN',
  'null',
  'true',
  '999999999999999',
  '9'.repeat(40),
  '2026-01-31T00:00:00Z',
  '0000-01-01',
  '9999-12-31T23:59:59.999+23:59',
  '275760-09-13T00:00:00.000Z',
  '2026-01-31T00:00:00.000Z_13',
  '9.9_99',
  'invalid-json',
  "' OR 1=1 --",
  '$1',
  '%',
  '\u0000',
  '\ud800',
  '\u202e',
  '💥'.repeat(50),
  '{"a":1}',
  '../..',
  'a'.repeat(5_000),
];

const CONTENT_TYPES = [
  'application/json',
  'text/plain',
  'multipart/form-data',
  'x',
  ';',
  'application/json; charset=x',
];

const ACCEPTS = ['application/json', 'image/png', 'application/json;q=', ',,;', '*/*;q=0'];

let api: OpenApi;

beforeAll(async () => {
  api = await openApi({ beam: { preSharedKeys: ['mysecretkey'], toleranceMs: 300_000 } });
  await setPartition(api.store, {});
  await setWatch(api.store, { lookedAt: -86_400 }); // ready all day
  await commitWindows(api.store, { windowEnd: '2026-01-31T12:00:00Z' });
  await addDevice(api.store, { imsi: '13', lastSeen: '2026-01-31T12:00:00Z' });
  await addDeadLetter(api.store, { sequenceNumber: 1 });
});

afterAll(() => api.close());

it('is answered as documented whatever it asks for, and never by a fault of ours', async () => {
  const chance = seededChance(20260131);
  const one = <T>(of: readonly T[]): T => of[Math.floor(chance.next() * of.length)]!;
  const some = (most: number, what: () => string) =>
    Array.from({ length: Math.floor(chance.next() * (most + 1)) }, what).join('&');
  const document = await ApiDocument.of(api.app);
  const statuses = new Map<number, number>();
  for (let n = 0; n < 3_000; n++) {
    const method = one(METHODS);
    const value = () => (chance.happens(0.1) ? one(VALUES.filter((each) => each !== '\ud800')) : encoded(one(VALUES)));
    const path = one(PATHS).replaceAll('*', value);
    const query = some(3, () => `${encoded(one(NAMES))}=${value()}`);
    const url = query === '' ? path : `${path}?${query}`;
    const headers = {
      // The stream would not end; what it takes to negotiate it is tested by itself.
      accept: one(ACCEPTS),
      ...(chance.happens(0.3) && { 'content-type': one(CONTENT_TYPES) }),
      ...(chance.happens(0.4) && { 'if-none-match': one(['*', '*', '"x"', 'W/']), 'last-event-id': 'x' }),
    };
    const payload = method === 'GET' || method === 'HEAD' || chance.happens(0.5) ? undefined : one(VALUES);
    const answer = await api.app.inject({ method, url, headers, ...(payload !== undefined && { payload }) });
    statuses.set(answer.statusCode, (statuses.get(answer.statusCode) ?? 0) + 1);
    expect([method, url, headers, answer.statusCode < 500]).toEqual([method, url, headers, true]);
    if (method === 'HEAD') continue;
    if (answer.statusCode >= 400) expect(answer.json()).toMatchObject({ status: answer.statusCode });
    if (!document.documents(method, url))
      expect([method, url, [400, 404, 405, 415]]).toEqual([method, url, expect.arrayContaining([answer.statusCode])]);
  }
  // It is no test of refusals only.
  for (const status of [200, 304, 400, 404, 405, 406])
    expect([status, statuses.get(status)]).not.toEqual([status, undefined]);
});

/** As a client would escape it; a lone surrogate can only be sent as the bytes that UTF-8 forbids. */
function encoded(text: string): string {
  return text === '\ud800' ? '%ED%A0%80' : encodeURIComponent(text);
}
