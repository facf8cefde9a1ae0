import { TestClock } from '@tashika/shared/time';
import { describe, expect, it } from 'vitest';
import type { Store } from './store.ts';
import { openMemoryStore } from './testing/memory-store.ts';
import { CHECKPOINT_EVERY_MS } from './upkeep.ts';

const logger = { debug() {}, info() {}, warn() {}, error() {} };

describe('the upkeep of PGlite', () => {
  it('checkpoints every minute, and gives back the space of overwritten rows', async () => {
    const clock = new TestClock();
    const store = await openMemoryStore({ logger, clock });
    await store.script(`CREATE TABLE busy (n integer, pad text);
                        INSERT INTO busy SELECT n, repeat('x', 500) FROM generate_series(1, 1000) AS n`);
    const before = await redoPoint(store);
    const sizes: number[] = [];
    for (let minute = 1; minute <= 15; minute++) {
      await store.query('UPDATE busy SET n = n + 1');
      await clock.advance(CHECKPOINT_EVERY_MS);
      await store.query('SELECT 1'); // waits for the upkeep that runs
      await clock.advance(0);
      const [row] = await store.query<{ bytes: number }>(`SELECT pg_relation_size('busy') AS bytes`);
      sizes.push(row!.bytes);
    }
    expect(await redoPoint(store)).not.toBe(before);
    expect(sizes.at(-1)).toBeLessThan(1.2 * sizes[5]!);
    await store.close();
    expect(clock.pending).toBe(0);
  });
});

async function redoPoint(store: Store): Promise<string> {
  const [row] = await store.query<{ redo: string }>('SELECT redo_lsn::text AS redo FROM pg_control_checkpoint()');
  return row!.redo;
}
