import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededChance } from '@tashika/shared/chance';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WindowTable } from './window-table.ts';

const delta = (windowEnd: number, region: string, readings: number, late = 0) => {
  return { windowEnd, region, readings, events: 1, late, values: new Map() };
};

describe('the table of windows', () => {
  it('adds up what comes for the same window, and counts what revised it', () => {
    const table = new WindowTable();
    table.add([delta(120, '13', 3), delta(60, '13', 1)]);
    table.add([delta(60, '13', 2, 2), delta(60, '01', 1)]);
    expect([...table.sorted()]).toEqual([
      { windowEnd: 60, region: '01', readings: 1, events: 1, late: 0, revision: 0 },
      { windowEnd: 60, region: '13', readings: 3, events: 2, late: 2, revision: 1 },
      { windowEnd: 120, region: '13', readings: 3, events: 1, late: 0, revision: 0 },
    ]);
  });

  it('has the same windows in the same order when it keeps next to none in memory, and leaves no file', () => {
    const directory = mkdtempSync(join(tmpdir(), 'tashika-windows-'));
    vi.stubEnv('TMPDIR', directory);
    onTestFinished(() => {
      vi.unstubAllEnvs();
      rmSync(directory, { recursive: true });
    });
    const chance = seededChance(7);
    const [small, large] = [new WindowTable(100), new WindowTable()];
    for (let n = 0; n < 20_000; n++) {
      const added = [
        delta(Math.floor(chance.between(0, 100)) * 60, `${Math.floor(chance.between(10, 40))}`, n % 5, n % 7),
      ];
      small.add(added);
      large.add(added);
    }
    const [few, all] = [[...small.sorted()], [...large.sorted()]];
    expect(few).toEqual(all);
    expect(all.length).toBeGreaterThan(2000);
    expect(readdirSync(directory)).toEqual([]);
    small.close();
  });
});
