import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { TestClock } from '@tashika/shared/time';
import { describe, expect, it, onTestFinished } from 'vitest';
import { closed, listen, portOf } from '../listening/index.ts';
import { type Beam, preSharedKeyOf, startBeam } from './index.ts';
import { signedHeaders } from './signed-headers.ts';

const NOW = Date.UTC(2026, 0, 31, 12);

interface Heard {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

interface Asking {
  readonly from?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Beam before a destination that answers with `handle`, and with what it was asked if that is left out. */
async function beamBefore(handle?: RequestListener, options: { timeoutMs?: number } = {}): Promise<Beam> {
  const server = createServer(
    handle ??
      ((asked, answer) => {
        answer.setHeader('content-type', 'application/json');
        answer.end(JSON.stringify({ method: asked.method, url: asked.url, headers: asked.headers }));
      }),
  );
  await listen(server, 0, '127.0.0.1');
  onTestFinished(async () => {
    server.closeAllConnections();
    await closed(server);
  });
  // As people write a destination: with the slash.
  return beamTo(`http://127.0.0.1:${portOf(server)}/`, options);
}

async function beamTo(destination: string, options: { timeoutMs?: number } = {}): Promise<Beam> {
  const beam = await startBeam({
    destination,
    preSharedKey: 'mysecretkey',
    clock: new TestClock(NOW),
    ...options,
  });
  onTestFinished(() => beam.stop());
  return beam;
}

async function ask(beam: Beam, path: string, asking: Asking = {}): Promise<Heard> {
  const { from = '127.1.0.7', method = 'GET', headers = {}, body } = asking;
  const options = { port: beam.port, path, method, headers, localAddress: from, agent: false };
  const outgoing = request({ host: '127.0.0.1', ...options });
  outgoing.end(body);
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  return { status: response.statusCode!, headers: response.headers, body: await text(response) };
}

describe('what Beam adds', () => {
  it('is signed as SORACOM publishes it', () => {
    const sim = { imsi: '295000012345678', imei: '860000012345678' };
    expect(signedHeaders('mysecretkey', sim, 1_445_587_157_992)).toEqual({
      'x-soracom-imei': '860000012345678',
      'x-soracom-imsi': '295000012345678',
      'x-soracom-timestamp': '1445587157992',
      'x-soracom-signature': '95c8e34d68e2bd76502c1e403108dc1bd7008964c31081d0415adb9f21a721a5',
      'x-soracom-signature-version': '20151001',
    });
  });

  it('says which SIM the source address is, whatever the device says of itself', async () => {
    const beam = await beamBefore();
    const lies = {
      'X-Soracom-IMSI': '295000000000001',
      'X-Soracom-SIM-ID': '8981',
      'X-Soracom-Signature': 'f'.repeat(64),
    };
    const heard = await ask(beam, '/v1/receipts?stream=a-b_c&x=%20', { headers: { ...lies, 'x-own': 'kept' } });
    const asked = JSON.parse(heard.body);
    expect([asked.method, asked.url]).toEqual(['GET', '/v1/receipts?stream=a-b_c&x=%20']);
    const sim = { imsi: '295000000065543', imei: '860000000065543' };
    expect(asked.headers).toMatchObject({ ...signedHeaders('mysecretkey', sim, NOW), 'x-own': 'kept' });
    expect(asked.headers).not.toHaveProperty('x-soracom-sim-id');
  });
});

describe('what a device hears', () => {
  it("is the destination's answer", async () => {
    const beam = await beamBefore((_, answer) => {
      answer.writeHead(401, { 'content-type': 'application/problem+json', 'www-authenticate': 'SoracomBeam' });
      answer.end('{"status":401}');
    });
    expect(await ask(beam, '/v1/receipts')).toMatchObject({
      status: 401,
      headers: { 'content-type': 'application/problem+json', 'www-authenticate': 'SoracomBeam' },
      body: '{"status":401}',
    });
  });

  it('is 502 while the destination is away, hangs up, takes too long or says too much', async () => {
    const beams = [
      await beamTo('http://127.0.0.1:1'),
      await beamBefore((asked) => asked.socket.destroy()),
      await beamBefore(() => {}, { timeoutMs: 50 }),
      await beamBefore((_, answer) => answer.end(Buffer.alloc(1024 * 1024 + 1))),
    ];
    expect(await Promise.all(beams.map(async (beam) => (await ask(beam, '/v1/receipts')).status))).toEqual([
      502, 502, 502, 502,
    ]);
  });

  it('is a refusal of what is not to be forwarded', async () => {
    const asked: string[] = [];
    const beam = await beamBefore((request, answer) => {
      asked.push(request.url!);
      answer.end();
    });
    expect(await ask(beam, '/v1/receipts', { method: 'POST', body: '{}' })).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD' },
    });
    for (const path of ['/api/devices', '/v1/../api/devices', '/v1/%2E%2e/api', '/v1/x\\..\\..\\api', '//v1/', '/v1'])
      expect((await ask(beam, path)).status, path).toBe(404);
    expect((await ask(beam, 'http://elsewhere.example/v1/receipts')).status).toBe(404);
    expect((await ask(beam, '/v1/receipts', { body: 'x', headers: { 'content-length': '1' } })).status).toBe(413);
    expect(asked).toEqual([]);
  });

  it("is the updates' server's answer, which is asked and told with bodies and hears what it was called", async () => {
    const beam = await beamBefore(async (asked, answer) => {
      const body = await text(asked);
      answer.end(JSON.stringify([asked.method, asked.url, body, asked.headers['x-forwarded-host']]));
    });
    const path = '/tashika/controller/v1/gate-7/configData';
    const heard = await ask(beam, path, {
      method: 'PUT',
      headers: { host: 'beam.example:18080' },
      body: '{"data":{}}',
    });
    expect(JSON.parse(heard.body)).toEqual(['PUT', path, '{"data":{}}', 'beam.example:18080']);
    expect((await ask(beam, path, { method: 'DELETE' })).status).toBe(405);
    expect((await ask(beam, path, { method: 'POST', body: 'x'.repeat(64 * 1024 + 1) })).status).toBe(413);
    expect((await ask(beam, '/a/b/controller/v1/gate-7')).status).toBe(404);
  });

  it('is a bundle of any length, or a range of it, at the pace of the device', async () => {
    const part = Buffer.alloc(64 * 1024, 'x');
    let written = 0;
    function* parts() {
      for (; written < 512; written++) yield part;
    }
    const beam = await beamBefore((asked, answer) => {
      answer.writeHead(206, { 'content-range': `${asked.headers.range}`, 'content-length': 512 * part.length });
      pipeline(Readable.from(parts()), answer, () => {});
    });
    const path = '/tashika/controller/v1/gate-7/deploymentBase/1/artifacts/agent.raucb';
    const outgoing = request({
      host: '127.0.0.1',
      port: beam.port,
      path,
      headers: { range: 'bytes=5-' },
      agent: false,
    });
    outgoing.end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    expect([response.statusCode, response.headers['content-range']]).toEqual([206, 'bytes=5-']);
    await once(response, 'readable');
    expect(written).toBeLessThan(512); // 32 MiB do not lie anywhere between
    expect((await buffer(response)).length).toBe(512 * part.length);
  });

  it('breaks off where the destination does', async () => {
    const beam = await beamBefore((_, answer) => {
      answer.writeHead(200, { 'content-length': 1_000_000 });
      answer.write('x', () => answer.destroy());
    });
    const breaksOff = ask(beam, '/tashika/controller/v1/gate-7/deploymentBase/1/artifacts/agent.raucb');
    await expect(breaksOff).rejects.toThrow(/aborted|reset|hang up/);
  });

  it('is what its SIM may hear, also where a loopback peer names the SIM by the PROXY protocol', async () => {
    const beam = await beamBefore();
    const socket = connect(beam.port, '127.0.0.1');
    socket.write('PROXY TCP4 127.1.0.9 127.0.0.1 0 0\r\nGET /v1/x HTTP/1.1\r\nhost: beam\r\nconnection: close\r\n\r\n');
    expect(await text(socket)).toContain('"x-soracom-imsi":"295000000065545"');
  });
});

describe('the key', () => {
  it('is made once, and its owner alone can read it', () => {
    const directory = mkdtempSync(join(tmpdir(), 'tashika-beam-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const key = preSharedKeyOf(join(directory, 'beam'));
    expect(key.length).toBeGreaterThanOrEqual(32);
    expect(preSharedKeyOf(join(directory, 'beam'))).toBe(key);
    const file = join(directory, 'beam', 'pre-shared-key.txt');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    writeFileSync(file, '');
    expect(() => preSharedKeyOf(join(directory, 'beam'))).toThrow(/pre-shared-key.txt holds no key/);
  });
});
