import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestClock } from '@tashika/shared/time';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../testing/until.ts';
import { RegionFinder } from './index.ts';

let dataDirectory: string;
let metadata: Server;
let answer: { status: number; body: string };
let asked: string[];
let finder: RegionFinder;
let clock: TestClock;

beforeEach(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'tashika-region-'));
  answer = { status: 200, body: '13\n' };
  asked = [];
  clock = new TestClock();
  metadata = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(answer.status).end(answer.body);
  });
  metadata.listen(0, '127.0.0.1');
  await once(metadata, 'listening');
});

afterEach(async () => {
  await finder.stop();
  metadata.closeAllConnections();
  metadata.close();
  await rm(dataDirectory, { recursive: true });
});

function newFinder(configured?: string, fallback?: string): RegionFinder {
  finder = new RegionFinder({
    configured,
    fallback,
    metadata: { url: `http://127.0.0.1:${(metadata.address() as AddressInfo).port}`, timeoutMs: 2_000 },
    dataDirectory,
    clock,
    random: () => 0.5,
    logger: pino({ level: 'silent' }),
  });
  return finder;
}

/** Waits until the finder has asked and gone to sleep, as only its timer shows. */
async function asleep(): Promise<void> {
  await until(() => clock.pending > 0);
  expect(clock.pending).toBe(1);
}

describe('the region', () => {
  it('is what the configuration says, and nobody is asked', async () => {
    await newFinder('北海道').start();
    await finder.known;
    expect([finder.current, asked]).toEqual(['01', []]);
  });

  it("is the SIM's tag, asked of the metadata service, and kept", async () => {
    await newFinder().start();
    await finder.known;
    await asleep();
    expect([finder.current, asked]).toEqual(['13', ['/v1/subscriber.tags.pref']]);
    expect(await readFile(join(dataDirectory, 'region'), 'utf8')).toBe('13\n');
  });

  it.each([
    ['has no tag', { status: 404, body: 'Specified key does not exist.' }],
    ['has a tag that is no prefecture', { status: 200, body: 'Gondor' }],
  ])("is its group's where the SIM %s, until it has one", async (_name, untagged) => {
    answer = untagged;
    await newFinder(undefined, '大阪').start();
    await asleep();
    expect(finder.current).toBe('27');
    answer = { status: 200, body: '13' };
    await clock.advance(3_600_000);
    await asleep();
    expect(finder.current).toBe('13');
  });

  it("is not its group's while nobody can say what the SIM's is", async () => {
    answer = { status: 503, body: '' };
    await newFinder(undefined, '27').start();
    await asleep();
    expect(finder.current).toBeUndefined();
  });

  it.each([
    ['does not answer well', { status: 503, body: 'busy' }],
    ['knows no such tag', { status: 404, body: 'Specified key does not exist.' }],
    ['has a tag that is no prefecture', { status: 200, body: 'Gondor' }],
    ['is a portal', { status: 200, body: `<html>${'x'.repeat(100_000)}` }],
  ])('is asked for until the service that %s has it', async (_name, trouble) => {
    answer = trouble;
    await newFinder().start();
    await asleep();
    expect(finder.current).toBeUndefined();
    answer = { status: 200, body: 'Tokyo\n' };
    await clock.advance(1_000);
    await finder.known;
    expect(finder.current).toBe('13');
  });

  it('is the last one known while the service is away, and follows the tag afterwards', async () => {
    await newFinder().start();
    await asleep();
    await finder.stop();
    answer = { status: 503, body: '' };
    clock = new TestClock();
    await newFinder().start();
    expect(finder.current).toBe('13');
    await asleep();
    answer = { status: 200, body: '27' };
    await clock.advance(1_000);
    await asleep();
    expect(finder.current).toBe('27');
  });
});
