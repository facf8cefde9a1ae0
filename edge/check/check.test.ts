import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestClock } from '@tashika/shared/time';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ClockTrust, SynchronisationProbe } from '../clock/index.ts';
import { loadEdgeConfiguration } from '../config/index.ts';
import type { CheckLine } from '../sensors/index.ts';
import { checkClock } from './clock.ts';
import { checkDisk } from './disk.ts';
import { type CheckOptions, runCheck } from './index.ts';
import { checkLink } from './link.ts';
import { checkRegion } from './region.ts';
import { checkUnits } from './units.ts';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'tashika-check-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A server that stands for Funnel and metadata, and remembers what was asked of it. */
async function server(status: number, body: string) {
  const requests: string[] = [];
  const http = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    response.writeHead(status).end(body);
  }).listen(0, '127.0.0.1');
  await once(http, 'listening');
  onTestFinished(() => void http.close());
  return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, requests, close: () => http.close() };
}

async function deadUrl(): Promise<string> {
  const { url, close } = await server(204, '');
  close();
  return url;
}

function configured(document: object, env: Record<string, string> = {}) {
  const file = join(folder(), 'edge.json');
  writeFileSync(file, JSON.stringify(document));
  return loadEdgeConfiguration(file, env);
}

async function check(configuration: Parameters<typeof runCheck>[0], options: Partial<CheckOptions> = {}) {
  let text = '';
  const stdout = { write: (more: string) => (text += more) };
  const code = await runCheck(configuration, { stdout, env: {}, probes: [async () => true], ...options });
  return { code, text };
}

describe('the check', () => {
  it('passes, a line each, where everything is in place, and sends nothing', async () => {
    const funnel = await server(204, '');
    const dataDirectory = folder();
    const thermal = folder();
    mkdirSync(join(thermal, 'thermal_zone0'));
    writeFileSync(join(thermal, 'thermal_zone0', 'type'), 'cpu-thermal');
    writeFileSync(join(thermal, 'thermal_zone0', 'temp'), '48312');
    const env = { TASHIKA_EDGE_UPLINK_URL: funnel.url };
    const configuration = configured(
      { region: '東京', dataDirectory, spool: { maxBytes: 1_000_000, segmentBytes: 10_000 } },
      env,
    );
    const { code, text } = await check(configuration, { env, roots: { thermal } });
    const lines = text.trimEnd().split('\n');
    expect(lines.map((line) => line.split(/\s+/).slice(0, 2))).toEqual([
      ['ok', 'configuration'],
      ['ok', 'system'],
      ['ok', 'disk'],
      ['ok', 'clock'],
      ['ok', 'region'],
      ['ok', 'link'],
    ]);
    expect(lines[0]).toContain(
      'From the environment: uplink.url. From the file: region, dataDirectory, spool.maxBytes, spool.segmentBytes.',
    );
    expect(lines[4]).toContain('13 東京都 (Tokyo), by configuration.');
    expect(code).toBe(0);
    expect(funnel.requests).toEqual([]);
    expect(readdirSync(dataDirectory)).toEqual([]);
  });

  it('fails, and still looks at the rest, where something is wrong', async () => {
    const configuration = configured({
      region: '13',
      dataDirectory: '/proc/nowhere',
      uplink: { url: await deadUrl() },
      sensors: {
        serial: [{ name: 'house', path: '/dev/not-there', format: 'json', fields: [{ field: 't', unit: 'degC' }] }],
        gpio: [{ name: 'door', pin: 17 }],
      },
    });
    const { code, text } = await check(configuration, { json: true, roots: { gpio: '/no/such', thermal: '/no/such' } });
    const report = JSON.parse(text) as { passed: boolean; checks: CheckLine[] };
    expect(report.checks.map(({ verdict, subject }) => `${verdict} ${subject}`)).toEqual([
      'ok configuration',
      'warn units',
      'warn system',
      'fail serial house',
      'fail gpio door',
      'fail disk',
      'ok clock',
      'ok region',
      'fail link',
    ]);
    expect(report.passed).toBe(false);
    expect(code).toBe(1);
  });

  it('shows no secret', async () => {
    const mqtt = [{ name: 'm', url: 'mqtt://u:hunter2@127.0.0.1:1', password: 'hunter3', topics: [{ topic: 'a' }] }];
    const configuration = configured({ region: '13', uplink: { url: await deadUrl() }, sensors: { mqtt } });
    const { text } = await check(configuration);
    expect(text).toContain('fail  mqtt m');
    expect(text).not.toMatch(/hunter/);
  });
});

describe('the disk', () => {
  const small = { maxBytes: 1_000_000, segmentBytes: 10_000 };
  const verdict = async (dataDirectory: string, settings: Partial<typeof small> = {}) => {
    const [line] = await checkDisk({ dataDirectory, spool: { ...configured({}).spool, ...small, ...settings } });
    return line!;
  };

  it('is fine where the directory is yet to be made', async () => {
    expect(await verdict(join(folder(), 'a', 'b'))).toMatchObject({ verdict: 'ok' });
  });

  it('tells what the spool holds', async () => {
    const directory = folder();
    mkdirSync(join(directory, 'spool', 'stream'), { recursive: true });
    writeFileSync(join(directory, 'spool', 'stream', '1'), Buffer.alloc(300_000));
    expect((await verdict(directory)).detail).toContain('the spool has 0.3 MB of at most 1.0 MB');
  });

  it('is a warning where it is full before the spool is', async () => {
    expect(await verdict(folder(), { maxBytes: 1e15 })).toMatchObject({
      verdict: 'warn',
      detail: expect.stringContaining('lower spool.maxBytes'),
    });
  });

  it('is a failure without room for one more file', async () => {
    expect(await verdict(folder(), { segmentBytes: 1e15 })).toMatchObject({ verdict: 'fail' });
  });

  it('is a failure where the directory is a file', async () => {
    const file = join(folder(), 'file');
    writeFileSync(file, '');
    expect(await verdict(file)).toMatchObject({ verdict: 'fail', detail: expect.stringContaining('is a file') });
  });

  it('is a failure where nothing can be written', async () => {
    expect(await verdict('/proc/nowhere/data')).toMatchObject({
      verdict: 'fail',
      detail: expect.stringContaining('choose another dataDirectory'),
    });
  });

  it.runIf(process.platform === 'linux')('is a warning where it is only memory', async () => {
    expect(await verdict('/dev/shm')).toMatchObject({ verdict: 'warn', detail: expect.stringContaining('in memory') });
  });
});

describe('the clock', () => {
  const now = new TestClock().now();
  const absent: SynchronisationProbe = async () => undefined;
  it.each<[ClockTrust, SynchronisationProbe[], string, string]>([
    ['always', [], 'ok', 'trusted by configuration'],
    ['never', [], 'ok', 'ages are sent'],
    ['auto', [absent, async () => true], 'ok', 'synchronised'],
    ['auto', [absent, async () => false], 'warn', 'chrony'],
  ])('trusted %s with the answers %s is %s', async (trust, probes, verdict, detail) => {
    expect(await checkClock(trust, now, probes)).toEqual([
      { subject: 'clock', verdict, detail: expect.stringContaining(detail) },
    ]);
  });
});

describe('the region', () => {
  const ask = async (status: number, body: string) => {
    const metadata = await server(status, body);
    const [line] = await checkRegion(configured({ metadata: { url: metadata.url } }));
    expect(metadata.requests).toEqual(['GET /v1/subscriber.tags.pref']);
    return line!;
  };

  it("is the SIM's tag", async () => {
    expect(await ask(200, '27\n')).toMatchObject({ verdict: 'ok', detail: expect.stringContaining('大阪府') });
  });

  it.each([
    [200, 'Atlantis', 'names no prefecture'],
    [404, 'Specified key does not exist.', 'has no tag pref'],
    [403, 'You are not allowed to access Metadata Server.', 'enable the metadata service'],
  ])('is a failure when metadata answers %i %s', async (status, body, detail) => {
    expect(await ask(status, body)).toMatchObject({ verdict: 'fail', detail: expect.stringContaining(detail) });
  });

  it('is a failure where metadata does not answer', async () => {
    const [line] = await checkRegion(configured({ metadata: { url: await deadUrl() } }));
    expect(line).toMatchObject({ verdict: 'fail', detail: expect.stringContaining('Set region') });
  });
});

describe('the link', () => {
  it('is a failure where the name is not known', async () => {
    const [line] = await checkLink(configured({ uplink: { url: 'http://funnel.invalid' } }));
    expect(line).toMatchObject({ verdict: 'fail', detail: expect.stringContaining('funnel.invalid is not known') });
  });

  it('is a failure from an address that is not ours', async () => {
    const { url } = await server(204, '');
    const [line] = await checkLink(configured({ uplink: { url, localAddress: '192.0.2.1' } }));
    expect(line).toMatchObject({ verdict: 'fail', detail: expect.stringContaining('uplink.localAddress') });
  });
});

it('units outside the registry are worth a look, once each', () => {
  const fields = ['degC', 'Cel', 'furlong', 'degC', '%RH', 'hPa'].map((unit, n) => ({ field: `f${n}`, unit }));
  const { sensors } = configured({ sensors: { serial: [{ name: 'a', path: 'x', format: 'json', fields }] } });
  expect(checkUnits(sensors).map(({ detail }) => detail)).toEqual([
    "degC is no unit of SenML's registry. Did you mean Cel?",
    "furlong is no unit of SenML's registry. Choose one of RFC 8428 or RFC 8798.",
  ]);
});
