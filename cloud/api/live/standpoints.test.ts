import { describe, expect, it } from 'vitest';
import { Standpoints } from './standpoints.ts';

const minute = (n: number) => n * 60_000;
const windowing = { lengthMs: 60_000, hopMs: 60_000, policy: 'revise' } as const;
const totals = { watermark: null, windowing, events: 0, readings: 0, duplicates: 0, late: 0 };

function after(...states: readonly (readonly [changeId: number, finalUntil: number | null])[]): Standpoints {
  const standpoints = new Standpoints();
  for (const [changeId, finalUntil] of states) standpoints.note({ changeId, finalUntil, ...totals });
  return standpoints;
}

describe('where a client stands that comes back', () => {
  it('is its change, and the watermark that it has seen at the least', () => {
    const standpoints = after([5, minute(1)], [6, minute(1) + 1], [9, minute(2)], [12, minute(3)]);
    expect(standpoints.of(12)).toEqual({ changeId: 12, finalUntil: minute(2) });
    expect(standpoints.of(8)).toEqual({ changeId: 8, finalUntil: minute(1) });
  });

  it('is before all the watermarks that passed while nothing changed', () => {
    const standpoints = after([4, minute(1)], [5, minute(2)], [5, minute(3)], [5, minute(4)]);
    expect(standpoints.of(5)).toEqual({ changeId: 5, finalUntil: minute(1) });
  });

  it('is not known at the change that the reader began with: its watermark may have been any before', () => {
    const standpoints = after([5, minute(1)], [5, minute(2)], [9, minute(3)]);
    expect(standpoints.of(5)).toBeUndefined();
    expect(standpoints.of(6)).toEqual({ changeId: 6, finalUntil: minute(2) });
  });

  it('is not known before the reader began, nor after what it has seen', () => {
    const standpoints = after([5, minute(1)], [9, minute(2)]);
    expect(standpoints.of(4)).toBeUndefined();
    expect(standpoints.of(10)).toBeUndefined();
    expect(new Standpoints().of(0)).toBeUndefined();
  });

  it('is not known when the store is another one since', () => {
    const standpoints = after([500, minute(9)], [3, minute(9)], [7, minute(10)]);
    expect(standpoints.of(4)).toEqual({ changeId: 4, finalUntil: minute(9) });
    expect(standpoints.of(2)).toBeUndefined();
    expect(standpoints.of(500)).toBeUndefined();
  });

  it('is not known from before the watermark went back', () => {
    const standpoints = after([5, minute(5)], [6, null], [7, minute(5)], [8, minute(5)]);
    expect(standpoints.of(5)).toBeUndefined();
    expect(standpoints.of(7)).toBeUndefined();
    expect(standpoints.of(8)).toEqual({ changeId: 8, finalUntil: minute(5) });
  });

  it('is forgotten after a day', () => {
    const standpoints = new Standpoints();
    for (let n = 0; n <= 2_000; n++) standpoints.note({ changeId: n, finalUntil: minute(n), ...totals });
    expect(standpoints.of(500)).toBeUndefined();
    expect(standpoints.of(600)).toEqual({ changeId: 600, finalUntil: minute(599) });
  });
});
