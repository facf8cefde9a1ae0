import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { freshNumbers, type LedgerEntry, newEntry, withHeld, withLost, withReceived } from './entry.ts';
import { OpenEntry } from './open-entry.ts';

const post = fc.record({
  seq: fc.integer({ min: 1, max: 40 }),
  count: fc.nat(5),
  held: fc.option(fc.nat(9)),
  at: fc.nat(50),
  lost: fc.option(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.nat(5))),
});

describe('an open entry', () => {
  it('comes to the same as an entry that is made anew at every post', () => {
    fc.assert(
      fc.property(fc.array(post, { maxLength: 40 }), fc.boolean(), (posts, followOn) => {
        let plain: LedgerEntry = newEntry('295000000000001', 'stream-a');
        const open = new OpenEntry(plain);
        let next = 1;
        for (const { count, held, at, lost, ...each } of posts) {
          const seq = followOn ? next : each.seq;
          next = seq + count;
          const fresh = freshNumbers(plain, seq, count);
          const told: [number, number][] = lost ? [[lost[0], lost[0] + lost[1]]] : [];
          plain = withHeld(withLost(withReceived(plain, fresh), told), held, at);
          if (open.follows(seq) && told.length === 0) {
            expect(fresh).toEqual(count === 0 ? [] : [[seq, seq + count - 1]]);
            open.append(count);
          } else open.entry = withLost(withReceived(open.entry, fresh), told);
          if (held !== null) open.hold(held, at);
        }
        expect(open.entry).toEqual(plain);
      }),
      { numRuns: 2000, seed: 7 },
    );
  });

  it('tells whether there is something to write back', () => {
    const open = new OpenEntry({
      ...newEntry('295000000000001', 'stream-a'),
      received: [[1, 3]],
      held: 2,
      heldAt: 1000,
    });
    open.append(0);
    open.hold(9, 999);
    open.entry = withReceived(open.entry, []);
    expect(open.changed).toBe(false);
    open.hold(9, 1000);
    expect(open.changed).toBe(true);
  });

  it('takes no number for the next one while a later one is told lost', () => {
    const open = new OpenEntry({ ...newEntry('295000000000001', 'stream-a'), received: [[1, 3]], lost: [[4, 6]] });
    expect(open.follows(4)).toBe(false);
  });
});
