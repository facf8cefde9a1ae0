import { describe, expect, it } from 'vitest';
import { restAfterReplay } from './replay.ts';

describe('the rest of a backlog after one of its posts', () => {
  const fast = { share: 1, speed: 1_000_000 };

  it('leaves the rest of the link’s time to what is live', () => {
    expect(restAfterReplay({ tookMs: 300, spanMs: 0 }, { ...fast, share: 0.25 }, 0.5)).toBe(900);
    expect(restAfterReplay({ tookMs: 300, spanMs: 0 }, fast, 0.5)).toBe(0);
  });

  it('sends a backlog so many times as fast as it was taken, on average', () => {
    const rest = (random: number) => restAfterReplay({ tookMs: 0, spanMs: 100_000 }, { share: 1, speed: 10 }, random);
    expect([rest(0), rest(0.5), rest(1)]).toEqual([5_000, 10_000, 15_000]);
  });

  it('takes the longer of the two, and never more than a minute', () => {
    const both = { share: 0.5, speed: 10 };
    expect(restAfterReplay({ tookMs: 3_000, spanMs: 10_000 }, both, 0.5)).toBe(3_000);
    expect(restAfterReplay({ tookMs: 3_000, spanMs: 86_400_000 }, both, 0.5)).toBe(60_000);
  });
});
