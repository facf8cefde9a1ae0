import { crc32 } from 'node:zlib';
import type { SequenceRange } from '@tashika/shared/sequence';
import { contains, count, subtract } from '@tashika/shared/sequence';
import { describe, expect, it } from 'vitest';
import { BOUNDS, coarsen } from './progress.ts';
import { decodeSlots, encodeSlot, NEW_STREAM, SLOT_BYTES } from './stream-state.ts';

const far = Number.MAX_SAFE_INTEGER;

describe("a stream's state", () => {
  it('fits its slot however scattered it is, forgets no loss, and calls nothing sent that was not', () => {
    const scattered = Array.from(
      { length: 5_000 },
      (_, index): SequenceRange => [far - 20_000 + index * 3, far - 20_000 + index * 3],
    );
    const [done, sent, again, untold, told, touched] = [
      scattered,
      scattered,
      scattered,
      scattered,
      scattered,
      scattered,
    ];
    const slot = encodeSlot(far, { done, sent, again, untold, told, touched, last: far, inMemory: true });
    expect(slot.length).toBeLessThanOrEqual(SLOT_BYTES);
    const { state } = decodeSlots(Buffer.concat([slot, Buffer.alloc(2 * SLOT_BYTES - slot.length)]))!;
    expect(state.untold).toHaveLength(BOUNDS.untold);
    for (const [number] of scattered) expect(contains(state.untold, number)).toBe(true);
    for (const set of [state.done, state.sent, state.again]) expect(subtract(set, scattered)).toEqual([]);
  });

  it('of the former format is read: what was accepted or gone is done with', () => {
    const json = Buffer.from('[7,40,60,false,[[50,52]],[[50,52]]]');
    const slot = Buffer.alloc(2 * SLOT_BYTES);
    slot.writeUInt32LE(json.length, 0);
    slot.writeUInt32LE(crc32(json), 4);
    json.copy(slot, 8);
    const done: SequenceRange[] = [
      [1, 40],
      [50, 52],
    ];
    expect(decodeSlots(slot)).toEqual({ generation: 7, state: { ...NEW_STREAM, last: 60, done, untold: [[50, 52]] } });
  });

  it('closes the narrowest gaps first', () => {
    const ranges: SequenceRange[] = [
      [1, 2],
      [10, 11],
      [13, 14],
      [40, 41],
    ];
    expect(coarsen(ranges, 3)).toEqual([
      [1, 2],
      [10, 14],
      [40, 41],
    ]);
    expect(count(coarsen(ranges, 1))).toBe(41);
    expect(coarsen(ranges, 4)).toBe(ranges);
  });

  it('is the newer of two slots, and the older when the newer is torn anywhere', () => {
    const file = Buffer.alloc(2 * SLOT_BYTES);
    encodeSlot(6, { ...NEW_STREAM, last: 6 }).copy(file, 0);
    const newer = encodeSlot(7, { ...NEW_STREAM, last: 7 });
    for (let bytes = 0; bytes < newer.length; bytes++) {
      newer.copy(file, SLOT_BYTES, 0, bytes);
      expect(decodeSlots(file)?.state.last).toBe(6);
    }
    newer.copy(file, SLOT_BYTES);
    expect(decodeSlots(file)).toMatchObject({ generation: 7, state: { last: 7 } });
  });
});
