import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { policyOf, type Watermark, type WindowPolicy, type WindowSettings } from '../windows/index.ts';
import { Replay } from './replay.ts';

const NOON = Date.UTC(2026, 5, 1, 12);
const REGIONS = ['01', '13', '47'];

/** Arrivals mostly go on, and at times go back; events are on time, late, early, and at the very ends of windows. */
const line = fc.record({
  partition: fc.constantFrom('0', '1', '2', null), // null: a tick
  arrivesAfter: fc.integer({ min: -3_000, max: 15_000 }),
  ahead: fc.oneof(fc.integer({ min: -40_000, max: 12_000 }), fc.constant(0)),
  onTheSecond: fc.boolean(),
  region: fc.constantFrom(...REGIONS),
});

const settings: fc.Arbitrary<WindowSettings> = fc.record({
  policy: fc.constantFrom('revise', 'stream-analytics'),
  action: fc.constantFrom('adjust', 'drop'),
  lateToleranceMs: fc.constantFrom(0, 5_000, 30_000),
  earlyToleranceMs: fc.constantFrom(0, 10_000),
  outOfOrderToleranceMs: fc.constantFrom(0, 2_000, 20_000),
  lengthMs: fc.constant(10_000),
  hopMs: fc.constantFrom(3_000, 10_000),
});

function lastFinalEnd(policy: WindowPolicy, watermark: Watermark): number {
  if (watermark === null) return Number.NEGATIVE_INFINITY;
  const { hopMs } = policy.windowing;
  const end = Math.floor(watermark / hopMs) * hopMs;
  return policy.isFinal(end, watermark) ? end : end - hopMs;
}

describe('whatever is recorded, in however many partitions, and wherever one appears', () => {
  it('what is final stays final, and changes only as a revision, or under Stream Analytics not at all', () => {
    fc.assert(
      fc.property(settings, fc.array(line, { maxLength: 60 }), (windows, lines) => {
        const policy = policyOf(windows);
        const replay = new Replay(policy);
        let final = Number.NEGATIVE_INFINITY;
        let clock = NOON;
        for (const { partition, arrivesAfter, ahead, onTheSecond, region } of lines) {
          clock += arrivesAfter;
          if (partition === null) replay.tick(clock);
          else {
            const time = clock + ahead;
            const timestamp = onTheSecond ? Math.round(time / 1_000) * 1_000 : time;
            const body = { timestamp, payloads: { pref: region } };
            const { windows: changed } = replay.event({ kind: 'event', partition, enqueuedAt: clock, body });
            for (const { windowEnd, readings, late } of changed) {
              expect(late, `of the window ${windowEnd - NOON}`).toBe(windowEnd <= final ? readings : 0);
              if (policy.name === 'stream-analytics') expect(late).toBe(0);
            }
          }
          const now = lastFinalEnd(policy, replay.watermark);
          expect(now).toBeGreaterThanOrEqual(final);
          final = now;
        }
      }),
      { seed: 20260601, numRuns: 500 },
    );
  });
});
