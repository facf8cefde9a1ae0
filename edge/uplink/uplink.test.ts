import { resolveRegion } from '@tashika/shared/regions';
import { type Post, resolvePack } from '@tashika/shared/telemetry';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { machineClock } from '../clock/index.ts';
import type { Spool } from '../spool/index.ts';
import { MemoryFiles } from '../spool/testing/memory-files.ts';
import { openTestSpool } from '../spool/testing/open-spool.ts';
import { until } from '../testing/until.ts';
import { httpLink } from './http-link.ts';
import {
  accept,
  drip,
  type FickleLink,
  reset,
  silence,
  startFickleLink,
  status,
  type Treatment,
} from './testing/fickle-link.ts';
import { Uplink } from './uplink.ts';

const clock = machineClock();
let link: FickleLink;
let files: MemoryFiles;
let spool: Spool;
let uplink: Uplink;

beforeEach(async () => {
  link = await startFickleLink();
  files = new MemoryFiles();
  ({ spool } = await openTestSpool(files, { bootId: clock.bootId, segmentBytes: 65_536 }));
  uplink = uplinkTo(link.url);
});

afterEach(async () => {
  await uplink.drain(AbortSignal.abort());
  await link.close();
});

function uplinkTo(
  url: string,
  options: { batchBytes?: number; batchReadings?: number; batchAgeMs?: number; timeoutMs?: number } = {},
): Uplink {
  const { batchBytes = 100_000, batchReadings = 1_000, batchAgeMs = 0, timeoutMs = 5_000 } = options;
  return new Uplink({
    spool,
    link: httpLink({ url, timeoutMs }),
    region: { known: Promise.resolve(), current: resolveRegion('13') },
    clock,
    synced: () => true,
    batchBytes,
    batchReadings,
    batchAgeMs,
    retry: { firstMs: 2, mostMs: 8 },
    replay: { share: 1, speed: 1_000_000 },
    random: () => 0.5,
    logger: pino({ level: 'silent' }),
  });
}

async function take(...values: (number | string)[]): Promise<void> {
  for (const value of values)
    void spool.append({
      name: 'n',
      unit: 'Cel',
      value,
      monotonicMs: clock.monotonic(),
      wallMs: clock.now(),
      synced: true,
    });
  await spool.flush();
}

/** The real socket decides when; a deadline ends a test that would wait for ever. */
/** The values that were accepted, in the order of their posts. */
const received = () => link.accepted.flatMap((post) => valuesOf(post));
const valuesOf = (post: Post) => {
  const pack = resolvePack(post.pack, clock.now());
  return pack.ok ? pack.value.map(({ value }) => value) : [];
};
const isEmpty = () => spool.figures.held === 0;

describe('the uplink', () => {
  it('sends what the spool holds, over one connection, and moves on', async () => {
    uplink.start();
    await take(1, 2, 3);
    await until(isEmpty);
    await take(4);
    await until(isEmpty);
    expect(received()).toEqual([1, 2, 3, 4]);
    expect(link.accepted.at(-1)).toMatchObject({ v: 1, pref: '13', seq: 4, held: 0, clock: 'synced' });
    expect(link.connections).toBe(1);
  });

  it('sends readings of different regions in different posts, each under its own', async () => {
    const stamp = { monotonicMs: clock.monotonic(), wallMs: clock.now(), synced: true };
    const taken = { name: 'n', unit: '', ...stamp };
    for (const region of ['13', '13', '14', undefined])
      void spool.append({ ...taken, value: 1, region: resolveRegion(region) });
    await spool.flush();
    uplink.start();
    await until(isEmpty);
    expect(link.accepted.map(({ pref, seq, pack }) => [pref, seq, pack.length])).toEqual([
      ['13', 1, 2],
      ['14', 3, 1],
      ['13', 4, 1],
    ]);
  });

  it('says how many readings are still held', async () => {
    await uplink.drain(AbortSignal.abort());
    uplink = uplinkTo(link.url, { batchBytes: 1_024 });
    await take(...Array.from({ length: 60 }, (_, index) => index));
    uplink.start();
    await until(isEmpty);
    const { accepted } = link;
    expect(accepted.length).toBeGreaterThan(2);
    for (const post of accepted) {
      expect(post.seq + post.pack.length - 1 + post.held).toBe(60);
      expect(JSON.stringify(post).length).toBeLessThanOrEqual(1_024);
    }
  });

  it.each<[string, Treatment]>([
    ['resets the connection', reset],
    ['never answers', silence],
    ['drips an answer without end', drip],
    ['answers 500', status(500, 'oops')],
    ['answers 503 with HTML', status(503, '<html>busy</html>', 'text/html')],
    ["answers 200 with a captive portal's page", status(200, '<!doctype html><title>Log in</title>', 'text/html')],
    ['answers a plain 200', status(200, '{}')],
    ['redirects to a portal', status(302)],
    ["refuses with a proxy's page", status(400, '<html>Bad Request</html>', 'text/html')],
    ['does not know the path', status(404)],
    ['has had too many requests', status(429)],
    ['knows no group for the SIM', status(400, '{"message":"No group ID is specified: 295000000000001"}')],
  ])('sends again, and loses nothing, when the link %s', async (_name, treatment) => {
    if (treatment === silence || treatment === drip) uplink = uplinkTo(link.url, { timeoutMs: 400 });
    link.next.push(treatment, treatment, treatment, treatment);
    uplink.start();
    await take(1, 2, 3);
    await until(isEmpty);
    expect(received()).toEqual([1, 2, 3]);
    expect(spool.figures.lost).toBe(0);
    expect(uplink.figures.posts.accepted).toBe(1);
    expect(uplink.figures.posts.failed).toBe(4);
  });

  it('halves a post that is too large until it fits', async () => {
    const tooLarge: Treatment = (request, response, post) =>
      (post.pack.length > 3 ? status(413, 'Maximum content-length is: 800000') : accept)(request, response, post);
    link.otherwise = tooLarge;
    await take(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    uplink.start();
    await until(isEmpty);
    expect(received()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(spool.figures.lost).toBe(0);
  });

  it('makes its posts larger again after they were too large', async () => {
    link.next.push(status(413), status(413), status(413));
    await take(...Array.from({ length: 40 }, (_, index) => index));
    uplink.start();
    await until(isEmpty);
    expect(link.posts.map(({ pack }) => pack.length)).toEqual([40, 20, 10, 5, 10, 20, 5]);
  });

  it('gives up the one reading that is refused again and again, tells it, and sends all others in order', async () => {
    const refusing: Treatment = (request, response, post) =>
      (valuesOf(post).includes(5) ? status(400, '{"message":"Invalid JSON is send to funnel."}') : accept)(
        request,
        response,
        post,
      );
    link.otherwise = refusing;
    await take(1, 2, 3, 4, 5, 6, 7, 8);
    uplink.start();
    await until(isEmpty);
    expect(received()).toEqual([1, 2, 3, 4, 6, 7, 8]);
    expect(link.accepted.flatMap(({ lost = [] }) => lost)).toEqual([[5, 5]]);
    expect(link.posts.filter((post) => valuesOf(post).join() === '5')).toHaveLength(3);
    expect(spool.figures.lost).toBe(1);
  });

  it('tells losses in every post until one is accepted', async () => {
    await take(1, 2, 3);
    const first = await spool.read({ bytes: 1, sizeOf: () => 1, together: () => true });
    await spool.giveUp(first!, 'refused');
    link.next.push(reset, status(500), accept);
    uplink.start();
    await until(isEmpty);
    await take(4);
    await until(isEmpty);
    expect(link.posts.map(({ lost }) => lost)).toEqual([[[1, 1]], [[1, 1]], [[1, 1]], undefined]);
  });

  it('tries again when the disk can not be read, and ends its drain then', async () => {
    let faults = 3;
    files.readFault = () => (faults-- > 0 ? 'EMFILE' : undefined);
    await take(1, 2);
    uplink.start();
    await until(isEmpty);
    expect(received()).toEqual([1, 2]);
    expect(faults).toBeLessThan(0);
    files.readFault = () => 'EMFILE';
    await take(3);
    await uplink.drain(AbortSignal.timeout(5_000));
    expect(spool.figures.held).toBe(1);
  });

  it('waits for more readings, but no longer than batchAgeMs', async () => {
    await uplink.drain(AbortSignal.abort());
    uplink = uplinkTo(link.url, { batchAgeMs: 120 });
    uplink.start();
    const startedAt = Date.now();
    await take(1);
    await take(2);
    await take(3);
    await until(isEmpty);
    expect(link.accepted).toHaveLength(1);
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(110);
  });

  it('waits no longer once batchReadings wait, and sends no more in one post', async () => {
    await uplink.drain(AbortSignal.abort());
    uplink = uplinkTo(link.url, { batchAgeMs: 3_600_000, batchReadings: 2 });
    uplink.start();
    await take(1, 2, 3, 4, 5);
    await until(() => link.accepted.length === 2);
    expect(link.accepted.map(valuesOf)).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(spool.figures.held).toBe(1);
  });

  it('sends what is there when it drains, without waiting for more', async () => {
    await uplink.drain(AbortSignal.abort());
    uplink = uplinkTo(link.url, { batchAgeMs: 60_000 });
    uplink.start();
    await take(1, 2);
    await uplink.drain(AbortSignal.timeout(5_000));
    expect(received()).toEqual([1, 2]);
  });

  it('ends its drain when the link does not answer, and keeps the readings', async () => {
    await uplink.drain(AbortSignal.abort());
    link.otherwise = silence;
    uplink = uplinkTo(link.url, { timeoutMs: 60_000 });
    uplink.start();
    await take(1, 2);
    await until(() => link.posts.length === 1);
    await uplink.drain(AbortSignal.timeout(50));
    expect(spool.figures.held).toBe(2);
  });
});
