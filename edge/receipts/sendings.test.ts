import { describe, expect, it } from 'vitest';
import { Sendings } from './sendings.ts';

const SETTLE = 1_600;
const patience = { settleMs: SETTLE, resends: 2 };
const since = (start = 0) => new Sendings(patience, start);

describe('the memory of what was sent when', () => {
  it('lets nothing be missing before the link had its time, to a sixteenth', () => {
    const sendings = since(-SETTLE);
    sendings.noted([[1, 3]], 10);
    sendings.noted([[4, 6]], 900);
    expect(sendings.sorted([[2, 5]], SETTLE)).toEqual({ due: [], waiting: [[2, 5]], ended: [] });
    expect(sendings.sorted([[2, 5]], SETTLE + 100)).toEqual({ due: [[2, 3]], waiting: [[4, 5]], ended: [] });
    expect(sendings.sorted([[2, 5]], 2_500)).toEqual({ due: [[2, 5]], waiting: [], ended: [] });
  });

  it('takes what it does not know for sent at the start', () => {
    expect(since(500).sorted([[1, 1]], SETTLE).waiting).toEqual([[1, 1]]);
    expect(since(500).sorted([[1, 1]], SETTLE + 500).due).toEqual([[1, 1]]);
  });

  it('counts how often a number was sent again, by what was asked for alone', () => {
    const sendings = since();
    expect(sendings.noted([[1, 9]], 0)).toBe(0);
    sendings.asked([[2, 3]]);
    expect(sendings.noted([[1, 9]], 0)).toBe(2);
    expect(sendings.noted([[1, 9]], 0)).toBe(0);
    sendings.asked([[3, 3]]);
    expect(sendings.noted([[3, 3]], 0)).toBe(1);
    expect(sendings.sorted([[1, 9]], 100 * SETTLE)).toEqual({
      due: [
        [1, 2],
        [4, 9],
      ],
      waiting: [],
      ended: [[3, 3]],
    });
  });

  it('asks for what was asked for already until it has been sent', () => {
    const sendings = since();
    sendings.asked([[1, 2]]);
    expect([sendings.asksForAny, sendings.sorted([[1, 2]], 1).due]).toEqual([true, [[1, 2]]]);
    sendings.noted([[1, 2]], 1);
    expect([sendings.asksForAny, sendings.sorted([[1, 2]], 1).due]).toEqual([false, []]);
  });

  it('tells once that a number never arrives', () => {
    const sendings = since();
    for (const _ of [1, 2]) {
      sendings.asked([[1, 4]]);
      sendings.noted([[1, 4]], 0);
    }
    expect(sendings.untold([[2, 3]])).toEqual([[2, 3]]);
    expect(sendings.untold([[1, 4]])).toEqual([
      [1, 1],
      [4, 4],
    ]);
    expect(sendings.untold([[1, 4]])).toEqual([]);
  });

  it('stays small, however long nobody answers and whatever is sent again', () => {
    const sendings = since();
    for (let number = 1; number <= 5_000; number++) sendings.noted([[number, number]], number * 40);
    expect(sendings.size).toBeLessThanOrEqual(18);
    for (let number = 1; number <= 2_600; number += 2) {
      sendings.asked([[number, number]]);
      sendings.noted([[number, number]], 200_000 + number);
    }
    expect(sendings.size).toBeLessThanOrEqual(1_024);
  });

  it('forgets what the cloud has, and what is kept no longer', () => {
    const sendings = since();
    sendings.asked([[1, 6]]);
    sendings.noted([[1, 5]], 0);
    sendings.forget([[1, 2]], [[3, 3]], 100 * SETTLE);
    sendings.noted([[7, 7]], 100 * SETTLE);
    sendings.forget([], [[3, 3]], 100 * SETTLE);
    expect(sendings.size).toBe(3); // 3 was sent again, 6 is to be, 7 may be on its way
  });
});
