import { figuresOf, freshNumbers, newEntry, withLost, withReceived } from '@tashika/cloud/ledger';
import { firstWindowEnd, lastWindowEnd, policyOf, type Watermark, type Windowing } from '@tashika/cloud/windows';
import {
  contains,
  count,
  formatMultirange,
  gaps,
  normalise,
  parseMultirange,
  type SequenceRange,
  type SequenceRanges,
  subtract,
  through,
  union,
} from '@tashika/shared/sequence';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const SEED = 4;
const RUNS = { seed: SEED, numRuns: 500 };
const HIGHEST = 40;

const range: fc.Arbitrary<SequenceRange> = fc
  .tuple(fc.integer({ min: 1, max: HIGHEST - 5 }), fc.nat(5))
  .map(([first, more]) => [first, first + more]);
const someRanges = fc.array(range, { maxLength: 8 });

function setOf(ranges: readonly SequenceRange[]): Set<number> {
  const numbers = new Set<number>();
  for (const [first, last] of ranges) for (let number = first; number <= last; number++) numbers.add(number);
  return numbers;
}

/** The numbers for which it holds, as ranges in order, with a gap between any two. */
function rangesWhere(holds: (number: number) => boolean): SequenceRanges {
  const ranges: [number, number][] = [];
  for (let number = 1; number <= HIGHEST; number++) {
    if (!holds(number)) continue;
    if (ranges.at(-1)?.[1] === number - 1) ranges.at(-1)![1] = number;
    else ranges.push([number, number]);
  }
  return ranges;
}

describe('ranges are sets of numbers', () => {
  it('whatever is normalised, joined, taken away, counted and looked for', () => {
    fc.assert(
      fc.property(someRanges, someRanges, (one, other) => {
        const [a, b] = [normalise(one), normalise(other)];
        const [inA, inB] = [setOf(one), setOf(other)];
        expect({
          normalised: a,
          both: union(a, b),
          left: subtract(a, b),
          gaps: gaps(a, HIGHEST),
          contained: rangesWhere((number) => contains(a, number)),
          kept: parseMultirange(formatMultirange(a)),
          count: count(a),
          through: through(a),
        }).toEqual({
          normalised: rangesWhere((number) => inA.has(number)),
          both: rangesWhere((number) => inA.has(number) || inB.has(number)),
          left: rangesWhere((number) => inA.has(number) && !inB.has(number)),
          gaps: rangesWhere((number) => !inA.has(number)),
          contained: rangesWhere((number) => inA.has(number)),
          kept: a,
          count: inA.size,
          through: Math.max(0, ...inA),
        });
      }),
      RUNS,
    );
  });
});

describe('a ledger entry is a set of numbers received and a set of numbers lost', () => {
  it('whatever posts come, and whatever their device believes lost', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ post: range, told: someRanges }), { maxLength: 12 }), (posts) => {
        let entry = newEntry('295000000000001', 'stream-a');
        const received = new Set<number>();
        const lost = new Set<number>();
        for (const { post, told } of posts) {
          const posted = setOf([post]);
          const fresh = freshNumbers(entry, post[0], posted.size);
          expect(fresh).toEqual(rangesWhere((number) => posted.has(number) && !received.has(number)));
          entry = withLost(withReceived(entry, fresh), normalise(told));
          for (const number of posted) received.add(number);
          for (const number of setOf(told)) lost.add(number);
          for (const number of received) lost.delete(number);
          const highest = Math.max(...received, ...lost);
          const missing = highest - received.size - lost.size;
          expect([entry.received, entry.lost, figuresOf(entry)]).toEqual([
            rangesWhere((number) => received.has(number)),
            rangesWhere((number) => lost.has(number)),
            { through: highest, received: received.size, missing, lost: lost.size },
          ]);
        }
      }),
      RUNS,
    );
  });
});

function windowEnds(time: number, windowing: Windowing): number[] {
  const ends: number[] = [];
  const last = lastWindowEnd(time, windowing);
  for (let end = firstWindowEnd(time, windowing); end <= last; end += windowing.hopMs) ends.push(end);
  return ends;
}

describe('the windows of a time', () => {
  it('are all that begin before it and end at it or after', () => {
    const settings = fc.integer({ min: 1, max: 50 }).chain((hopMs) =>
      fc.record({
        hopMs: fc.constant(hopMs),
        lengthMs: fc.integer({ min: hopMs, max: 200 }),
        time: fc.integer({ min: -500, max: 500 }),
      }),
    );
    fc.assert(
      fc.property(settings, ({ hopMs, lengthMs, time }) => {
        const expected: number[] = [];
        for (let end = -1000; end <= 1000; end++)
          if (end % hopMs === 0 && end - lengthMs < time && time <= end) expected.push(end);
        expect(windowEnds(time, { lengthMs, hopMs }).map((end) => end + 0)).toEqual(expected);
      }),
      RUNS,
    );
  });
});

describe('under the policy stream-analytics', () => {
  const tolerance = fc.integer({ min: 0, max: 20 });
  const world = fc.record({
    lateToleranceMs: tolerance,
    earlyToleranceMs: tolerance,
    outOfOrderToleranceMs: tolerance,
    events: fc.array(fc.record({ pause: fc.nat(10), age: fc.integer({ min: -30, max: 60 }) }), { maxLength: 30 }),
  });

  it('nothing counts in a window that is final, and the watermark never goes back', () => {
    fc.assert(
      fc.property(world, ({ events, ...tolerances }) => {
        const policy = policyOf({ ...tolerances, policy: 'stream-analytics', lengthMs: 10 });
        let watermark: Watermark = null;
        let now = 1000;
        for (const { pause, age } of events) {
          now += pause;
          const verdict = policy.judge(now - age, now, watermark);
          expect(verdict === 'too-early').toBe(-age > tolerances.earlyToleranceMs);
          const time = verdict === 'adjusted' ? policy.adjusted(now - age, now, watermark) : now - age;
          if (verdict === 'too-early') continue;
          expect(time).toBeGreaterThanOrEqual(now - tolerances.lateToleranceMs);
          for (const end of windowEnds(time, policy.windowing)) expect(policy.isFinal(end, watermark)).toBe(false);
          const next: Watermark = policy.watermarkAfterEvent(watermark, time, now);
          expect(next).toBeGreaterThanOrEqual(watermark ?? Number.NEGATIVE_INFINITY);
          watermark = next;
        }
      }),
      RUNS,
    );
  });
});
