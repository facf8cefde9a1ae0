import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { resolveRegion } from '@tashika/shared/regions';
import { TestClock } from '@tashika/shared/time';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ClockTrust, SynchronisationProbe } from '../clock/index.ts';
import { type LocalSettings, loadEdgeConfiguration } from '../config/index.ts';
import { hashOf } from '../provisioning/index.ts';
import type { CheckLine } from '../sensors/index.ts';
import { VERSION } from '../version.ts';
import { checkClock } from './clock.ts';
import { checkDisk } from './disk.ts';
import { type CheckOptions, runCheck } from './index.ts';
import { checkLink } from './link.ts';
import { findRegion } from './region.ts';
import { checkSim } from './sim.ts';
import { checkSpool } from './spool.ts';
import { checkUnits } from './units.ts';
import { findConfiguration } from './user-data.ts';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'tashika-check-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A server that stands for Funnel and metadata, and remembers what was asked of it. */
async function server(status: number, body: string) {
  const requests: string[] = [];
  const http = createServer(async (request, response) => {
    const sent = await text(request);
    requests.push(`${request.method} ${request.url}${sent && ` ${sent}`}`);
    response.writeHead(status).end(body);
  }).listen(0, '127.0.0.1');
  await once(http, 'listening');
  onTestFinished(() => void http.close());
  return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, requests, close: () => http.close() };
}

/** A metadata service with answers by path; all else is absent. */
async function metadataService(answers: Readonly<Record<string, string>>): Promise<string> {
  const http = createServer((request, response) => {
    const answer = answers[request.url ?? ''];
    response.writeHead(answer === undefined ? 404 : 200).end(answer ?? 'Specified key does not exist.');
  }).listen(0, '127.0.0.1');
  await once(http, 'listening');
  onTestFinished(() => void http.close());
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}

async function deadUrl(): Promise<string> {
  const { url, close } = await server(204, '');
  close();
  return url;
}

function configured(document: object) {
  const file = join(folder(), 'edge.json');
  writeFileSync(file, JSON.stringify(document));
  return loadEdgeConfiguration(file, {});
}

async function check(file: object, options: Partial<CheckOptions> & { env?: Record<string, string> } = {}) {
  let text = '';
  const stdout = { write: (more: string) => (text += more) };
  const { env = {}, ...rest } = options;
  const local: LocalSettings = { file: file as Record<string, unknown>, env };
  const code = await runCheck(local, { stdout, probes: [async () => true], ...rest });
  return { code, text };
}

function thermalZone(): string {
  const thermal = folder();
  mkdirSync(join(thermal, 'thermal_zone0'));
  writeFileSync(join(thermal, 'thermal_zone0', 'type'), 'cpu-thermal');
  writeFileSync(join(thermal, 'thermal_zone0', 'temp'), '48312');
  return thermal;
}

const SIM = { imsi: '440101234567890', groupId: 'g-1', tags: { pref: '13', site: 'dock 4' }, status: 'active' };

describe('the check', () => {
  it('passes, a line each, where everything is in place, and sends what is not counted', async () => {
    const funnel = await server(204, '');
    const dataDirectory = folder();
    const userData = '{"uplink":{"batchAgeMs":5000},"log":{"level":"warn"}}';
    const metadata = await metadataService({
      '/v1/userdata': userData,
      '/v1/subscriber': JSON.stringify(SIM),
      '/v1/subscriber.tags.pref': '13\n',
    });
    const env = { TASHIKA_EDGE_UPLINK_URL: funnel.url, TASHIKA_EDGE_LOG_LEVEL: 'info' };
    const file = {
      dataDirectory,
      metadata: { url: metadata },
      spool: { maxBytes: 1_000_000, segmentBytes: 10_000 },
    };
    const { code, text } = await check(file, { env, roots: { thermal: thermalZone() } });
    const lines = text.trimEnd().split('\n');
    expect(lines.map((line) => line.split(/\s{2,}/).slice(0, 2))).toEqual([
      ['ok', 'versions'],
      ['ok', 'configuration'],
      ['ok', 'user data'],
      ['ok', 'sim'],
      ['ok', 'system'],
      ['ok', 'disk'],
      ['ok', 'spool'],
      ['ok', 'clock'],
      ['ok', 'region'],
      ['ok', 'link'],
      ['ok', 'receipts'],
      ['ok', 'update'],
    ]);
    expect(lines[0]).toContain(`tashika-edge ${VERSION}, Node ${process.versions.node}`);
    expect(lines[1]).toContain(
      "From the environment: uplink.url, log.level. From the file: dataDirectory, metadata.url, spool.maxBytes, spool.segmentBytes. From the group's user data: uplink.batchAgeMs. The rest",
    );
    expect(lines[2]).toContain(`${hashOf(userData)}, valid. The agent here has not accepted them yet.`);
    expect(lines[3]).toContain('IMSI 440101234567890, active, tags pref=13, site=dock 4; group g-1.');
    expect(lines[6]).toContain('There is none yet. No agent is at work in it.');
    expect(lines[8]).toContain("13 東京都 (Tokyo), by the SIM's tag pref.");
    expect(lines[9]).toContain('took a test message, which is not counted');
    expect(code).toBe(0);
    expect(funnel.requests).toEqual(['POST / {"v":1,"pref":"13","stream":"check","seq":1,"pack":[],"check":true}']);
    expect(readdirSync(dataDirectory)).toEqual([]);
  });

  it('fails, and still looks at the rest, where something is wrong', async () => {
    const file = {
      region: '13',
      dataDirectory: '/proc/nowhere',
      metadata: { userData: false, url: await deadUrl() },
      uplink: { url: await deadUrl() },
      sensors: {
        serial: [{ name: 'house', path: '/dev/not-there', format: 'json', fields: [{ field: 't', unit: 'degC' }] }],
        gpio: [{ name: 'door', pin: 17 }],
      },
    };
    const { code, text } = await check(file, { json: true, roots: { gpio: '/no/such', thermal: '/no/such' } });
    const report = JSON.parse(text) as { passed: boolean; checks: CheckLine[]; settings: object };
    expect(report.checks.map(({ verdict, subject }) => `${verdict} ${subject}`)).toEqual([
      'ok versions',
      'ok configuration',
      'warn sim',
      'warn units',
      'warn system',
      'fail serial house',
      'fail gpio door',
      'fail disk',
      'ok spool',
      'ok clock',
      'ok region',
      'fail link',
      'ok receipts',
      'ok update',
    ]);
    expect(report.passed).toBe(false);
    expect(report.settings).toMatchObject({ region: 'file', 'uplink.url': 'file', 'sensors.gpio': 'file' });
    expect(code).toBe(1);
  });

  it('shows no secret', async () => {
    const mqtt = [{ name: 'm', url: 'mqtt://u:hunter2@127.0.0.1:1', password: 'hunter3', topics: [{ topic: 'a' }] }];
    const dead = await deadUrl();
    const file = { region: '13', metadata: { url: dead }, uplink: { url: dead }, sensors: { mqtt } };
    const { text } = await check(file);
    expect(text).toContain('fail  mqtt m');
    expect(text).not.toMatch(/hunter/);
  });
});

describe('user data', () => {
  const line = async (userData: string | undefined, kept?: object) => {
    const dataDirectory = folder();
    if (kept) writeFileSync(join(dataDirectory, 'user-data.json'), JSON.stringify(kept));
    const url = userData === undefined ? await deadUrl() : await metadataService({ '/v1/userdata': userData });
    const { lines, configuration } = await findConfiguration({ file: { dataDirectory, metadata: { url } }, env: {} });
    return { ...lines[0]!, level: configuration.log.level };
  };
  const WARN = '{"log":{"level":"warn"}}';

  it('that are wrong are a failure, with the reason and what stays', async () => {
    expect(await line('{"log":{"level":"loud"}}', { accepted: WARN })).toMatchObject({
      verdict: 'fail',
      detail: expect.stringMatching(/log\.level must be .* The last good ones, [0-9a-f]{12}, stay\./),
      level: 'warn',
    });
  });

  it('that no agent could run with are a failure', async () => {
    const failed = { hash: hashOf(WARN), reason: 'No such chip.', version: VERSION };
    expect(await line(WARN, { failed })).toMatchObject({
      verdict: 'fail',
      detail: expect.stringContaining(`No agent could run with ${hashOf(WARN)}: No such chip.`),
    });
  });

  it('that the agent runs with are fine', async () => {
    expect(await line(WARN, { accepted: WARN })).toMatchObject({
      verdict: 'ok',
      detail: `${hashOf(WARN)}, valid, and accepted by the agent.`,
    });
  });

  it('that this user can not see accepted are worth a look', async () => {
    const dataDirectory = folder();
    mkdirSync(join(dataDirectory, 'user-data.json')); // what can't be read even by root
    const url = await metadataService({ '/v1/userdata': WARN });
    const { lines } = await findConfiguration({ file: { dataDirectory, metadata: { url } }, env: {} });
    expect(lines).toMatchObject([
      {
        verdict: 'warn',
        detail: expect.stringMatching(
          /, valid\. Whether the agent has accepted them can't be seen \(EISDIR.+\)\. Run the check as the agent's user/,
        ),
      },
    ]);
  });

  it('that nobody can ask for are worth a look; the last good ones are looked at', async () => {
    expect(await line(undefined, { accepted: WARN })).toMatchObject({ verdict: 'warn', level: 'warn' });
    expect(await line(undefined)).toMatchObject({ verdict: 'warn', level: 'info' });
  });
});

describe('the SIM', () => {
  const line = async (record: object) => {
    const url = await metadataService({ '/v1/subscriber': JSON.stringify(record) });
    const [found] = await checkSim(configured({ metadata: { url } }));
    return found!;
  };

  it('without a group is a failure: Funnel is switched on for groups', async () => {
    expect(await line({ imsi: '44', tags: {} })).toMatchObject({
      verdict: 'fail',
      detail: 'IMSI 44, tags none; in no group. Put it into one that has Funnel switched on.',
    });
  });

  it('that the service does not know is worth a look', async () => {
    expect(await checkSim(configured({ metadata: { url: await metadataService({}) } }))).toMatchObject([
      { verdict: 'warn' },
    ]);
  });
});

describe('the spool', () => {
  it('that is damaged is a failure', async () => {
    const directory = folder();
    const stream = join(directory, 'spool', '000001.abc');
    mkdirSync(stream, { recursive: true });
    writeFileSync(join(stream, '0000000000000001.segment'), Buffer.alloc(100, 1));
    writeFileSync(join(stream, '0000000000000009.segment'), '');
    expect(await checkSpool(directory)).toMatchObject([
      { verdict: 'fail', detail: expect.stringMatching(/^Stream abc is damaged: 1 files .* its state can't be read/) },
    ]);
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
  const ask = async (status: number, body: string, groupRegion?: string) => {
    const metadata = await server(status, body);
    const { line } = await findRegion(configured({ metadata: { url: metadata.url } }), groupRegion);
    expect(metadata.requests).toEqual(['GET /v1/subscriber.tags.pref']);
    return line;
  };

  it("is the SIM's tag, or its group's", async () => {
    expect(await ask(200, '27\n', '13')).toMatchObject({ verdict: 'ok', detail: expect.stringContaining('大阪府') });
    expect(await ask(404, 'Specified key does not exist.', '13')).toMatchObject({
      verdict: 'ok',
      detail: "13 東京都 (Tokyo), by the group's user data.",
    });
  });

  it.each([
    [200, 'Atlantis', 'names no prefecture'],
    [404, 'Specified key does not exist.', 'has no tag pref. Set it to a code such as 13, or set region.'],
    [403, 'You are not allowed to access Metadata Server.', 'enable the metadata service'],
  ])('is a failure when metadata answers %i %s', async (status, body, detail) => {
    const line = await ask(status, body);
    expect(line).toMatchObject({ verdict: 'fail', detail: expect.stringContaining(detail) });
    expect(line.detail.match(/set region/gi) ?? []).toHaveLength(status === 200 ? 0 : 1);
  });

  it('is a failure where metadata does not answer', async () => {
    const { line } = await findRegion(configured({ metadata: { url: await deadUrl() } }), undefined);
    expect(line).toMatchObject({
      verdict: 'fail',
      detail: expect.stringMatching(/does not answer \(.+\)\. Set region/),
    });
  });
});

describe('the link', () => {
  const TOKYO = resolveRegion('13');

  it('is a failure where the name is not known', async () => {
    const [line] = await checkLink(configured({ uplink: { url: 'http://funnel.invalid' } }), TOKYO);
    expect(line).toMatchObject({ verdict: 'fail', detail: expect.stringContaining('funnel.invalid is not known') });
  });

  it('is a failure from an address that is not ours', async () => {
    const { url } = await server(204, '');
    const [line] = await checkLink(configured({ uplink: { url, localAddress: '192.0.2.1' } }), TOKYO);
    expect(line).toMatchObject({ verdict: 'fail', detail: expect.stringContaining('uplink.localAddress') });
  });

  it('is a failure where it takes no post, with the answer', async () => {
    const { url } = await server(400, '{"message":"No group ID is specified: …"}');
    const [line] = await checkLink(configured({ uplink: { url } }), TOKYO);
    expect(line).toMatchObject({
      verdict: 'fail',
      detail: expect.stringMatching(/took no test message \(HTTP 400: .*No group ID.* Is the SIM in a group/),
    });
  });

  it('is only connected to where no region is known', async () => {
    const { url, requests } = await server(204, '');
    expect(await checkLink(configured({ uplink: { url } }), undefined)).toMatchObject([{ verdict: 'warn' }]);
    expect(requests).toEqual([]);
  });
});

it('units outside the registry are worth a look, once each', () => {
  const fields = ['degC', 'Cel', 'furlong', 'degC', '%RH', 'hPa'].map((unit, n) => ({ field: `f${n}`, unit }));
  const frame = { bytes: 2, start: '42', layout: [{ field: 'f', at: 1, type: 'u8', unit: 'mbar' }] };
  const { sensors } = configured({
    sensors: {
      serial: [
        { name: 'a', path: 'x', format: 'json', fields },
        { name: 'b', path: 'y', format: 'binary', frame },
      ],
      modbus: [{ name: 'c', path: 'z', registers: [{ sensor: 'r', address: 0, unit: 'kph' }] }],
    },
  });
  expect(checkUnits(sensors).map(({ detail }) => detail)).toEqual([
    "degC is no unit of SenML's registry. Did you mean Cel?",
    "furlong is no unit of SenML's registry. Choose one of RFC 8428 or RFC 8798.",
    "mbar is no unit of SenML's registry. Did you mean hPa?",
    "kph is no unit of SenML's registry. Did you mean km/h?",
  ]);
});
