import { resolveRegion } from '@tashika/shared/regions';
import type { Post } from '@tashika/shared/telemetry';
import type { TestClock } from '@tashika/shared/time';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type BootClock, NOTHING_USED } from '../clock/index.ts';
import type { ReplayPolicy } from '../retry/index.ts';
import type { Spool } from '../spool/index.ts';
import { MemoryFiles } from '../spool/testing/memory-files.ts';
import { BOOT, openTestSpool } from '../spool/testing/open-spool.ts';
import { Budget } from './budget.ts';
import type { Link } from './link.ts';
import { meteredLink } from './metered-link.ts';
import { type Allowance, Uplink } from './uplink.ts';
import type { Verdict } from './verdict.ts';

const MINUTE = 60_000;

/** What the link was given, and when. */
interface Sent {
  readonly atMs: number;
  readonly first: number;
  readonly readings: number;
  readonly held: number;
}

async function scene(options: {
  replay?: ReplayPolicy;
  roundTripMs?: number;
  order?: 'in-order' | 'live-first';
  batchAgeMs?: number;
  fsyncMs?: number;
}) {
  const {
    replay = { share: 1, speed: 1_000_000 },
    roundTripMs = 0,
    order = 'in-order',
    batchAgeMs = 0,
    fsyncMs = 100,
  } = options;
  const { spool, clock } = await openTestSpool(new MemoryFiles(), { segmentBytes: 65_536, order, fsyncMs });
  const bootClock: BootClock = Object.assign(clock, { bootId: BOOT });
  const sent: Sent[] = [];
  const state: { says: Verdict } = { says: { kind: 'accepted' } };
  const link: Link = {
    async post(body, signal) {
      const { seq, pack, held } = JSON.parse(body.toString()) as Post;
      sent.push({ atMs: clock.monotonic(), first: seq, readings: pack.length, held });
      if (roundTripMs > 0) await clock.sleep(roundTripMs, signal).catch(() => undefined);
      return state.says;
    },
    close: async () => {},
  };
  function start(allowance?: Allowance, over = link): Uplink {
    const uplink = new Uplink({
      spool,
      link: over,
      allowance,
      region: { known: Promise.resolve(), current: resolveRegion('13') },
      clock: bootClock,
      synced: () => true,
      batchBytes: 32_768,
      batchReadings: 100,
      batchAgeMs,
      retry: { firstMs: 1_000, mostMs: 60_000 },
      replay,
      random: () => 0.5,
      logger: pino({ level: 'silent' }),
    });
    onTestFinished(() => uplink.drain(AbortSignal.abort()));
    uplink.start();
    return uplink;
  }
  return { spool, clock, bootClock, sent, state, link, start };
}

/** A reading a second. */
async function measure(spool: Spool, clock: TestClock, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    void spool.append({
      name: 'n',
      unit: 'Cel',
      value: second,
      monotonicMs: clock.monotonic(),
      wallMs: clock.now(),
      synced: true,
    });
    await clock.advance(1_000);
  }
}

describe('posts', () => {
  it('keep step with the disk: what it takes as a post comes due goes along', async () => {
    const { spool, clock, sent, start } = await scene({ batchAgeMs: 1_000, fsyncMs: 500 });
    start();
    // The disk's rhythm begins with a reading, so it is a moment longer than fsyncMs.
    for (let n = 0; n < 1_000; n++) {
      void spool.append({ name: 'n', unit: '', value: n, monotonicMs: clock.monotonic(), wallMs: 0, synced: true });
      await clock.advance(10);
    }
    expect(sent.length).toBeGreaterThanOrEqual(9);
    expect(sent.length).toBeLessThanOrEqual(10);
    const oldestMs = sent.map(({ atMs, first }) => atMs - (first - 1) * 10);
    expect(Math.max(...oldestMs)).toBeLessThanOrEqual(1_100);
  });
});

describe('a backlog', () => {
  it('is sent no more than so many times as fast as it was taken', async () => {
    const { spool, clock, sent, start } = await scene({ replay: { share: 1, speed: 10 } });
    await measure(spool, clock, 500);
    const since = clock.monotonic();
    start();
    await clock.advance(15 * MINUTE);
    expect(sent.map(({ readings }) => readings)).toEqual([100, 100, 100, 100, 100]);
    // A hundred readings span 99 s, and what the last minute brought is live.
    expect(sent.map(({ atMs }) => atMs - since)).toEqual([0, 9_900, 19_800, 29_700, 39_600]);
  });

  it('leaves the link to what is live for the rest of its time', async () => {
    const { spool, clock, sent, start } = await scene({
      replay: { share: 0.25, speed: 1_000_000 },
      roundTripMs: 3_000,
      order: 'live-first',
    });
    await measure(spool, clock, 1_000);
    start();
    sent.length = 0;
    await measure(spool, clock, 120);
    const backlog = sent.filter(({ first }) => first <= 940);
    const live = sent.filter(({ first }) => first > 940);
    const share = (backlog.length * 3_000) / 120_000;
    expect(share).toBeGreaterThan(0.15);
    expect(share).toBeLessThanOrEqual(0.25);
    expect(live.length).toBeGreaterThan(20);
    expect(Math.max(...live.map(({ first, readings }) => first + readings - 1))).toBeGreaterThan(1_110);
  });

  it('does not rest when the agent stops', async () => {
    const { spool, clock, sent, start } = await scene({ replay: { share: 1, speed: 1 } });
    await measure(spool, clock, 500);
    const uplink = start();
    await clock.advance(0);
    expect(sent).toHaveLength(1);
    await uplink.drain(AbortSignal.timeout(10_000));
    expect(spool.figures.held).toBe(0);
  });
});

describe('a link whose bytes of the day are spent', () => {
  async function metered(whenSpent: 'hold' | 'sparse') {
    const made = await scene({});
    const { bootClock, clock, link, start } = made;
    clock.setWall(Date.UTC(2026, 0, 1, 12)); // nine in the evening in Japan
    const budget = new Budget({
      dailyBytes: 20_000,
      whenSpent,
      sparseMs: 15 * MINUTE,
      clock: bootClock,
      synced: () => true,
      used: NOTHING_USED,
    });
    const metered = meteredLink(link, { url: 'http://funnel.soracom.io' }, (bytes) => budget.spend(bytes));
    const uplink = start(budget, metered);
    return { ...made, budget, uplink };
  }

  it('holds its readings until midnight in Japan, and then sends all of them', async () => {
    const { spool, clock, sent, budget } = await metered('hold');
    await measure(spool, clock, 600);
    const { length } = sent;
    expect(budget.figures.bytesUsed).toBeGreaterThanOrEqual(20_000);
    expect(budget.figures.bytesUsed).toBeLessThan(21_000);
    await clock.advance(2 * 3_600_000);
    expect(sent).toHaveLength(length);
    await clock.advance(3_600_000);
    expect(spool.figures).toMatchObject({ held: 0, lost: 0 });
  });

  it('says every quarter of an hour that it lives, and how much it holds', async () => {
    const { spool, clock, sent } = await metered('sparse');
    await measure(spool, clock, 600);
    const before = sent.length;
    await clock.advance(3_600_000);
    const sparse = sent.slice(before);
    expect(sparse).toHaveLength(4);
    expect(sparse.map(({ readings }) => readings)).toEqual([1, 1, 1, 1]);
    expect(sparse.every(({ held }) => held > 400)).toBe(true);
  });

  it('counts attempts that nobody answers', async () => {
    const { spool, clock, state, budget, sent } = await metered('hold');
    state.says = { kind: 'failed', reason: 'no answer' };
    await measure(spool, clock, 600);
    expect(budget.figures.bytesUsed).toBeGreaterThan(20_000);
    const { length } = sent;
    await clock.advance(3_600_000);
    expect(sent).toHaveLength(length);
  });

  it('does not send when the agent stops', async () => {
    const { spool, clock, sent, uplink } = await metered('hold');
    await measure(spool, clock, 600);
    const { length } = sent;
    await uplink.drain(AbortSignal.timeout(10_000));
    expect(sent).toHaveLength(length);
    expect(spool.figures.held).toBeGreaterThan(0);
  });
});
