import type { Timestamp } from '@tashika/shared/time';
import { describe, expect, it } from 'vitest';
import { policyOf, type Tolerances, type Watermark, type WindowPolicy, watermarkWhileIdle } from './index.ts';

const NOON = Date.UTC(2026, 5, 1, 12);
const SECOND = 1000;
const MINUTE = 60_000;
const tolerances: Tolerances = { lateToleranceMs: 5000, earlyToleranceMs: 300_000, outOfOrderToleranceMs: 0 };

/** `12:07` as a time, and back. */
const at = (clock: string): Timestamp => Date.parse(`2026-06-01T${clock}:00Z`);
const clockOf = (time: Watermark) => (time === null ? null : new Date(time).toISOString().slice(11, 16));

/** One event of one reading: what becomes of it, by which time it is counted, and the watermark after it. */
function take(policy: WindowPolicy, eventTime: Timestamp, arrivedAt: Timestamp, watermark: Watermark) {
  const verdict = policy.judge(eventTime, arrivedAt, watermark);
  const time =
    verdict === 'counted'
      ? eventTime
      : verdict === 'adjusted'
        ? policy.adjusted(eventTime, arrivedAt, watermark)
        : null;
  return { verdict, time, watermark: policy.watermarkAfterEvent(watermark, time, arrivedAt) };
}

/** "Understand time handling in Azure Stream Analytics": late 5 min, early 5 min, out of order 2 min. */
const PUBLISHED = [
  ['12:07', '12:07', 'counted', '12:07', '12:05'],
  ['12:08', '12:08', 'counted', '12:08', '12:06'],
  ['12:17', '12:11', 'too-early', null, '12:06'],
  ['12:08', '12:13', 'counted', '12:08', '12:06'],
  ['12:19', '12:16', 'counted', '12:19', '12:17'],
  ['12:12', '12:17', 'adjusted', '12:17', '12:17'],
  ['12:17', '12:18', 'counted', '12:17', '12:17'],
  ['12:20', '12:19', 'counted', '12:20', '12:18'],
  ['12:16', '12:21', 'adjusted', '12:18', '12:18'],
  ['12:23', '12:22', 'counted', '12:23', '12:21'],
  ['12:22', '12:24', 'counted', '12:22', '12:21'],
  ['12:21', '12:27', 'adjusted', '12:22', '12:21'],
] as const;

describe('the policy of Stream Analytics', () => {
  const published = {
    lateToleranceMs: 5 * MINUTE,
    earlyToleranceMs: 5 * MINUTE,
    outOfOrderToleranceMs: 2 * MINUTE,
    policy: 'stream-analytics',
  } as const;

  it('comes to what the published example says, row by row', () => {
    const policy = policyOf(published);
    let watermark: Watermark = null;
    const rows = PUBLISHED.map(([event, arrival]) => {
      const taken = take(policy, at(event), at(arrival), watermark);
      watermark = taken.watermark;
      return [event, arrival, taken.verdict, clockOf(taken.time), clockOf(watermark)];
    });
    expect(rows).toEqual(PUBLISHED);
  });

  it('drops instead what it would adjust, and a dropped event moves no watermark', () => {
    const policy = policyOf({ ...published, action: 'drop' });
    let watermark: Watermark = null;
    const verdicts = PUBLISHED.map(([event, arrival]) => {
      const taken = take(policy, at(event), at(arrival), watermark);
      watermark = taken.watermark;
      return taken.verdict;
    });
    expect(verdicts).toEqual(PUBLISHED.map(([, , verdict]) => (verdict === 'adjusted' ? 'dropped' : verdict)));
    expect(take(policy, at('11:00'), at('12:27'), null)).toEqual({ verdict: 'dropped', time: null, watermark: null });
  });

  const policy = policyOf({ ...tolerances, policy: 'stream-analytics' });

  it.each([
    ['at the early tolerance', 300_000, 'counted'],
    ['beyond the early tolerance', 300_001, 'too-early'],
    ['at the late tolerance', -5000, 'counted'],
    ['beyond the late tolerance', -5001, 'adjusted'],
  ])('judges an event %s of its arrival', (_, ahead, verdict) => {
    expect(policy.judge(NOON + ahead, NOON, null)).toBe(verdict);
  });

  it('judges an early event as early, whatever the watermark is', () => {
    expect(policy.judge(NOON + 300_001, NOON, NOON + 400_000)).toBe('too-early');
  });

  it('takes an event at the watermark as it is, and adjusts one below it', () => {
    expect(policy.judge(NOON, NOON, NOON)).toBe('counted');
    expect(policy.judge(NOON - 1, NOON, NOON)).toBe('adjusted');
    expect(policy.adjusted(NOON - 1, NOON, NOON)).toBe(NOON);
  });

  it('adjusts a late event to its arrival less the tolerance, and further if the watermark is beyond that', () => {
    expect(policy.adjusted(NOON - MINUTE, NOON, null)).toBe(NOON - 5 * SECOND);
    expect(policy.adjusted(NOON - MINUTE, NOON, NOON - 10 * SECOND)).toBe(NOON - 5 * SECOND);
    expect(policy.adjusted(NOON - MINUTE, NOON, NOON - 1 * SECOND)).toBe(NOON - 1 * SECOND);
  });

  it('moves the watermark by the times of events only, and never back', () => {
    expect(policy.watermarkAfterEvent(null, null, NOON)).toBeNull();
    expect(policy.watermarkAfterEvent(NOON - MINUTE, null, NOON)).toBe(NOON - MINUTE);
    expect(policy.watermarkAfterEvent(NOON - MINUTE, NOON - 30 * SECOND, NOON)).toBe(NOON - 30 * SECOND);
    expect(policy.watermarkAfterEvent(NOON, NOON - 1, NOON)).toBe(NOON);
  });

  it('calls a window final once nothing can be counted in it any more: strictly after its end', () => {
    expect(policy.isFinal(NOON, null)).toBe(false);
    expect(policy.isFinal(NOON, NOON)).toBe(false);
    expect(policy.isFinal(NOON, NOON + 1)).toBe(true);
  });
});

describe('the policy that revises', () => {
  const policy = policyOf(tolerances);

  it('counts every reading at its own time, however late and far behind the watermark', () => {
    expect(take(policy, NOON - 24 * 60 * MINUTE, NOON, NOON)).toMatchObject({
      verdict: 'counted',
      time: NOON - 24 * 60 * MINUTE,
    });
  });

  it('refuses what is more than five minutes ahead of its arrival, and not a millisecond earlier', () => {
    expect(policy.judge(NOON + 300_000, NOON, null)).toBe('counted');
    expect(policy.judge(NOON + 300_001, NOON, null)).toBe('too-early');
  });

  it('moves the watermark to the latest event time, less what may overtake', () => {
    const loose = policyOf({ ...tolerances, outOfOrderToleranceMs: 2000 });
    expect(loose.watermarkAfterEvent(null, NOON, NOON)).toBe(NOON - 2000);
    expect(loose.watermarkAfterEvent(NOON, NOON + 10_000, NOON + 10_000)).toBe(NOON + 8000);
  });

  it('moves it with arrival at least, so that a device which replays yesterday holds nothing back', () => {
    expect(policy.watermarkAfterEvent(NOON - MINUTE, NOON - 24 * 60 * MINUTE, NOON)).toBe(NOON - 5000);
    expect(policy.watermarkAfterEvent(NOON - 10_000, null, NOON)).toBe(NOON - 5000);
  });

  it('never moves it back', () => {
    expect(policy.watermarkAfterEvent(NOON, NOON - 1000, NOON)).toBe(NOON);
  });

  it('calls a window final when the watermark has come to its end', () => {
    expect(policy.isFinal(NOON, null)).toBe(false);
    expect(policy.isFinal(NOON, NOON - 1)).toBe(false);
    expect(policy.isFinal(NOON, NOON)).toBe(true);
  });
});

describe('a partition that joins others', () => {
  it.each([{ policy: 'revise' }, { policy: 'stream-analytics' }] as const)(
    'has the earliest watermark by which the same windows are final: $policy',
    (choice) => {
      const policy = policyOf({ ...tolerances, ...choice, hopMs: 30 * SECOND });
      expect(policy.watermarkOnJoining(null)).toBeNull();
      for (const combined of [NOON - 1, NOON, NOON + 1, NOON + 29_999, NOON + 30_000]) {
        const joining = policy.watermarkOnJoining(combined)!;
        const finalBy = (watermark: Watermark) =>
          [-60, -30, 0, 30].filter((second) => policy.isFinal(NOON + second * SECOND, watermark));
        expect(finalBy(joining)).toEqual(finalBy(combined));
        expect(finalBy(joining - 1)).not.toEqual(finalBy(combined));
      }
    },
  );
});

describe('an idle partition', () => {
  it('has a watermark that goes on with arrival, and never back', () => {
    expect(watermarkWhileIdle(null, NOON, tolerances)).toBe(NOON - 5000);
    expect(watermarkWhileIdle(NOON - 10_000, NOON, tolerances)).toBe(NOON - 5000);
    expect(watermarkWhileIdle(NOON, NOON, tolerances)).toBe(NOON);
  });
});

describe('windows that the settings leave out', () => {
  it('are minutes that follow on each other', () => {
    expect(policyOf(tolerances)).toMatchObject({ name: 'revise', windowing: { lengthMs: MINUTE, hopMs: MINUTE } });
    expect(policyOf({ ...tolerances, lengthMs: 5000 }).windowing).toEqual({ lengthMs: 5000, hopMs: 5000 });
  });
});
