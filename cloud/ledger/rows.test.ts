import { normalise, type SequenceRange } from '@tashika/shared/sequence';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Store } from '../store/index.ts';
import { openMemoryStore } from '../store/testing/memory-store.ts';
import { figuresOf, lockEntries, readStream, saveEntries, withHeld, withLost, withReceived } from './index.ts';

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const NOW = Date.UTC(2026, 5, 1, 12);

let store: Store;
beforeAll(async () => {
  store = await openMemoryStore({ logger });
});
afterAll(() => store.close());

const range = fc
  .tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 8 }))
  .map(([first, more]): SequenceRange => [first, first + more]);
const ranges = fc.array(range, { maxLength: 4 }).map(normalise);
const told = fc.record({ received: ranges, lost: ranges, held: fc.nat(9) });

let streams = 0;

/** A stream of its own, after each of `posts` in a transaction of its own. */
async function streamAfter(posts: readonly (typeof told extends fc.Arbitrary<infer Told> ? Told : never)[]) {
  const key = { imsi: '295000000000001', stream: `s${++streams}` };
  for (const { received, lost, held } of posts)
    await store.transaction(async (transaction) => {
      const [entry] = await lockEntries(transaction, [key], NOW);
      await saveEntries(transaction, [withHeld(withLost(withReceived(entry!, received), lost), held, NOW)], NOW);
    });
  return key;
}

describe('a row of the ledger', () => {
  it('has the figures that its ranges come to, whatever was told in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(told, { minLength: 1, maxLength: 5 }), async (posts) => {
        const { stream } = await streamAfter(posts);
        const [row] = await store.query(
          `SELECT through, received_count, missing_count, lost_count,
                  greatest(coalesce(upper(received), 1), coalesce(upper(lost), 1)) - 1 AS by_ranges_through,
                  (SELECT coalesce(sum(upper(r) - lower(r)), 0) FROM unnest(received) AS r) AS by_ranges_received,
                  (SELECT coalesce(sum(upper(r) - lower(r)), 0) FROM unnest(lost) AS r) AS by_ranges_lost,
                  (SELECT coalesce(sum(upper(r) - lower(r)), 0)
                     FROM unnest(int8multirange(int8range(1, greatest(coalesce(upper(received), 1),
                                                                      coalesce(upper(lost), 1))))
                                 - received - lost) AS r) AS by_ranges_missing
             FROM ledger WHERE stream = $1`,
          [stream],
        );
        expect(row).toEqual({
          ...row,
          through: row!.by_ranges_through,
          received_count: row!.by_ranges_received,
          missing_count: row!.by_ranges_missing,
          lost_count: row!.by_ranges_lost,
        });
      }),
      { numRuns: 200, seed: 4 },
    );
  });

  it('tells a reader what its entry says, and names the first of what is missing', async () => {
    const { imsi, stream } = await streamAfter([
      { received: [[3, 4], [10, 11], [20, 20]], lost: [[5, 6]], held: 7 }, // biome-ignore format: one line says it
    ]);
    const figures = { imsi, stream, received: 5, through: 20, missingReadings: 13, lost: 2, held: 7 };
    expect(await readStream(store, imsi, stream, 2)).toEqual({ ...figures, missing: [[1, 2], [7, 9]] }); // biome-ignore format: one line says it
    expect((await readStream(store, imsi, stream, 10))!.missing.at(-1)).toEqual([12, 19]);
    expect(await readStream(store, imsi, 'another', 10)).toBeUndefined();
  });

  it('reaches as far as the losses told', () => {
    const entry = { imsi: '1', stream: 'a', received: [[1, 2]], lost: [[8, 9]], held: 0, heldAt: null } as const;
    expect(figuresOf(entry)).toEqual({ through: 9, received: 2, missing: 5, lost: 2 });
  });
});
