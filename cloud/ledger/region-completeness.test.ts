import { TestClock } from '@tashika/shared/time';
import { describe, expect, it } from 'vitest';
import type { Queryable } from '../store/index.ts';
import { regionCompleteness } from './index.ts';

/** A store whose scan takes `costMs`. */
function scannedIn(costMs: number) {
  const clock = new TestClock(Date.UTC(2026, 0, 31, 12));
  const answers: (() => void)[] = [];
  let scans = 0;
  const store: Pick<Queryable, 'query'> = {
    query<Row>() {
      scans++;
      return new Promise<Row[]>((resolve, reject) => {
        answers.push(() => (scans === 1 && costMs < 0 ? reject(new Error('away')) : resolve([])));
      });
    },
  };
  const completeness = regionCompleteness(store as Queryable, clock);
  return {
    clock,
    completeness,
    get scans() {
      return scans;
    },
    async afterTheScan(asked: Promise<unknown>) {
      await clock.advance(Math.abs(costMs));
      answers.shift()!();
      return asked;
    },
  };
}

describe('how complete the regions are', () => {
  it('is scanned once for all who ask meanwhile', async () => {
    const ledger = scannedIn(200);
    const both = Promise.all([ledger.completeness(), ledger.completeness()]);
    await ledger.afterTheScan(both);
    expect(ledger.scans).toBe(1);
  });

  it('is answered again for ten times as long as the scan took', async () => {
    const ledger = scannedIn(200);
    await ledger.afterTheScan(ledger.completeness());
    await ledger.clock.advance(1_999);
    expect((await ledger.completeness()).asOf).toBe(Date.UTC(2026, 0, 31, 12));
    await ledger.clock.advance(1);
    await ledger.afterTheScan(ledger.completeness());
    expect(ledger.scans).toBe(2);
  });

  it('is not remembered where the store did not answer', async () => {
    const ledger = scannedIn(-200);
    await expect(ledger.afterTheScan(ledger.completeness())).rejects.toThrow('away');
    await ledger.afterTheScan(ledger.completeness());
    expect(ledger.scans).toBe(2);
  });
});
