import { describe, expect, it } from 'vitest';
import { Rates } from './rates.ts';

describe('the rates', () => {
  it('are 0 until there are two samples', () => {
    const rates = new Rates();
    expect(rates.eventsPerSecond).toBe(0);
    rates.take(0, { events: 1_000_000, readings: 1 });
    expect(rates.eventsPerSecond).toBe(0);
  });

  it('are those of the last 5 seconds', () => {
    const rates = new Rates();
    for (let second = 0; second <= 60; second++)
      rates.take(second * 1000, { events: second < 50 ? 0 : (second - 50) * 10, readings: second * 30 });
    expect([rates.eventsPerSecond, rates.readingsPerSecond]).toEqual([10, 30]);
  });

  it('begin anew when the totals are those of another store', () => {
    const rates = new Rates();
    rates.take(0, { events: 500, readings: 500 });
    rates.take(1000, { events: 0, readings: 0 });
    rates.take(2000, { events: 7, readings: 14 });
    expect([rates.eventsPerSecond, rates.readingsPerSecond]).toEqual([7, 14]);
  });
});
