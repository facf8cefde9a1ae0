import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signatureOf } from '../receipts/index.ts';
import { listen } from './listen.ts';
import { ApiDocument } from './testing/document.ts';
import { type OpenApi, openApi } from './testing/open.ts';
import { addDeadLetter, addDevice, addLedger, commitWindows, setPartition, setWatch } from './testing/seed.ts';

let api: OpenApi;
let address: string;
let web: string;

beforeAll(async () => {
  web = await mkdtemp(join(tmpdir(), 'tashika-web-'));
  await mkdir(join(web, 'assets'));
  await writeFile(join(web, 'index.html'), '<!doctype html><title>Tashika</title>');
  await writeFile(join(web, 'assets', 'main-4f2a.js'), 'export {};');
  api = await openApi({ webDirectory: web, beam: { preSharedKeys: ['mysecretkey'], toleranceMs: 300_000 } });
  address = await listen(api.app, { host: '127.0.0.1', port: 0 });
  await setPartition(api.store, { watermark: '2026-01-31T11:59:50Z', progressedAt: new Date().toISOString() });
  await setWatch(api.store, {});
  await commitWindows(api.store, { windowEnd: '2026-01-31T12:00:00Z' });
  await addDevice(api.store, { imsi: '7', lastSeen: '2026-01-31T12:00:00Z', lastValues: { a: VALUE, b: TEXT } });
  await addLedger(api.store, { imsi: '7', stream: 'abc', received: '{[1,4),[9,12)}', lost: '{[4,6)}', held: 2 });
  await addDeadLetter(api.store, { sequenceNumber: 1 });
});

const VALUE = { value: 1.5, unit: 'Cel', time: '2026-01-31T12:00:00.000Z' };
const TEXT = { value: 'on', unit: '', time: '2026-01-31T12:00:00.000Z' };

afterAll(async () => {
  await api.close();
  await rm(web, { recursive: true });
});

function signedByBeam(): Record<string, string> {
  const headers = { 'x-soracom-imsi': '295000000000007', 'x-soracom-timestamp': String(Date.now()) };
  const signature = signatureOf('mysecretkey', headers).toString('hex');
  return { ...headers, 'x-soracom-signature': signature, 'x-soracom-signature-version': '20151001' };
}

describe('every answer', () => {
  it('is as the OpenAPI document says, and every documented answer to a good request can be had', async () => {
    const document = await ApiDocument.of(api.app);
    expect(document.document.openapi).toBe('3.1.0');
    const requests: readonly (readonly [method: 'GET' | 'POST', url: string, headers?: Record<string, string>])[] = [
      ['GET', '/api/windows?from=0'],
      ['GET', '/api/windows?from=x'],
      ['GET', '/api/windows/values?region=13&windowEnd=0'],
      ['GET', '/api/devices'],
      ['GET', '/api/devices?limit=0'],
      ['GET', '/api/devices/7'],
      ['GET', '/api/devices/8'],
      ['GET', '/api/completeness'],
      ['GET', '/v1/receipts?stream=abc', signedByBeam()],
      ['GET', '/v1/receipts?stream=abc'],
      ['GET', '/api/dead-letters'],
      ['GET', '/api/dead-letters/1/body'],
      ['GET', '/api/dead-letters/99/body'],
      ['POST', '/api/dead-letters/redrive?reason=invalid-json'],
      ['POST', '/api/dead-letters/redrive'],
      ['POST', '/api/dead-letters/1/redrive'],
      ['POST', '/api/dead-letters/2/redrive'],
      ['POST', '/api/dead-letters/1/redrive', { 'content-type': ';' }],
      ['GET', '/api/regions'],
      ['GET', '/api/live', { accept: 'application/json' }],
      ['GET', '/api/live', { accept: 'application/json', 'if-none-match': '*' }],
      ['GET', '/api/live', { accept: 'image/png' }],
      ['GET', '/api/health'],
      ['GET', '/api/ready'],
      ['GET', '/api/workers'],
      ['GET', '/metrics'],
      ['GET', '/api/windows', { host: 'evil.example' }],
    ];
    for (const [method, url, headers = {}] of requests) {
      const answer = await api.app.inject({ method, url, headers, ...(method === 'POST' && { payload: 'x' }) });
      expect([url, document.faults(method, url, answer)]).toEqual([url, []]);
    }
    const good = Object.entries(document.document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method]) => `${method.toUpperCase()} ${path} 200`),
    );
    expect(good.filter((each) => !document.seen.has(each))).toEqual([]);
  });

  it('that is an error is problem details, whatever goes wrong', async () => {
    for (const [method, url, status, code] of [
      ['GET', '/api/nothing', 404, 'NOT_FOUND'],
      ['GET', '/api/windows/', 404, 'NOT_FOUND'],
      ['GET', '/../../etc/passwd', 404, 'NOT_FOUND'],
      ['GET', '/api/%zz', 400, 'BAD_REQUEST'],
      ['DELETE', '/api/windows', 405, 'METHOD_NOT_ALLOWED'],
      ['PUT', '/api/devices/7', 405, 'METHOD_NOT_ALLOWED'],
      ['GET', '/api/dead-letters/1/redrive', 405, 'METHOD_NOT_ALLOWED'],
      ['TRACE', '/api/health', 405, 'METHOD_NOT_ALLOWED'],
    ] as const) {
      const answer = await api.app.inject({ method: method as 'GET', url });
      expect([url, answer.statusCode, answer.headers['content-type']]).toEqual([
        url,
        status,
        'application/problem+json; charset=utf-8',
      ]);
      expect(answer.json()).toMatchObject({ status, code, type: `urn:tashika:error:${code}` });
    }
    const refused = await api.app.inject({ method: 'DELETE', url: '/api/windows' });
    expect(refused.headers.allow).toBe('GET, HEAD');
  });

  it('to what is no HTTP is one too', async () => {
    const socket = connect(Number(new URL(address).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.end('PING\r\n\r\n');
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n.*problem\+json.*"status":400/s);
  });

  it('keeps browsers from running or framing anything that is not ours', async () => {
    const { headers } = await api.app.inject('/');
    expect(headers['content-security-policy']).toContain("default-src 'self'");
    expect(headers['content-security-policy']).not.toContain('unsafe');
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY' });
    expect(headers).not.toHaveProperty('strict-transport-security');
  });

  it('to another machine is bounded in number; to this one it is not', async () => {
    const from = async (remoteAddress: string) => {
      const statuses = new Set<number>();
      for (let n = 0; n < 650; n++) {
        const answer = await api.app.inject({ url: '/api/regions', remoteAddress });
        statuses.add(answer.statusCode);
        if (answer.statusCode === 429) expect(answer.json().code).toBe('TOO_MANY_REQUESTS');
      }
      return [...statuses];
    };
    expect(await from('203.0.113.9')).toEqual([200, 429]);
    expect(await from('127.0.0.1')).toEqual([200]);
  });
});

describe('the dashboard', () => {
  it('is served at the root, its hashed files for good', async () => {
    const page = await api.app.inject('/');
    expect([page.statusCode, page.headers['content-type'], page.headers['cache-control']]).toEqual([
      200,
      'text/html; charset=utf-8',
      'no-cache',
    ]);
    const script = await api.app.inject('/assets/main-4f2a.js');
    expect(script.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect((await api.app.inject('/assets/other.js')).statusCode).toBe(404);
  });

  it.each([
    '/tashika/controller/v1/../pi-1',
    '/tashika/controller/v1/%2e%2e/pi-1',
    '//tashika/controller/v1/pi-1',
    '/../../etc/passwd',
  ])('does not follow %s, and says what is wrong with it', async (path) => {
    // As it is written: `inject` and `fetch` would have gone up before they ask.
    const { hostname, port } = new URL(address);
    const [answer] = (await once(request({ hostname, port, path }).end(), 'response')) as [IncomingMessage];
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([
      404,
      'application/problem+json; charset=utf-8',
    ]);
    expect(JSON.parse(await text(answer))).toMatchObject({
      code: 'NOT_FOUND',
      detail: `There is nothing at ${path}: no address here has a part that is empty, . or .., plainly or in hex.`,
    });
  });
});

describe('the port', () => {
  it('that is busy is an error that names the variable to move it', async () => {
    const other = await openApi();
    const port = Number(new URL(address).port);
    await expect(listen(other.app, { host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'PORT_BUSY',
      message: expect.stringMatching(new RegExp(`${port}.*TASHIKA_CLOUD_API_PORT`)),
    });
    await expect(listen(other.app, { host: '0.0.0.0', port: 0 })).rejects.toMatchObject({ code: 'ADDRESS_REFUSED' });
    await other.close();
  });
});
