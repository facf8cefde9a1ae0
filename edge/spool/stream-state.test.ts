import type { SequenceRange } from '@tashika/shared/sequence';
import { contains, count } from '@tashika/shared/sequence';
import { describe, expect, it } from 'vitest';
import { coarsen, decodeSlots, encodeSlot, MAX_RANGES, NEW_STREAM, SLOT_BYTES } from './stream-state.ts';

const far = Number.MAX_SAFE_INTEGER;

describe("a stream's state", () => {
  it('fits its slot however scattered the losses are', () => {
    const scattered = Array.from(
      { length: 5_000 },
      (_, index): SequenceRange => [far - 20_000 + index * 3, far - 20_000 + index * 3],
    );
    const slot = encodeSlot(1, { ...NEW_STREAM, untold: scattered, gone: scattered });
    expect(slot.length).toBeLessThanOrEqual(SLOT_BYTES);
    const decoded = decodeSlots(Buffer.concat([slot, Buffer.alloc(2 * SLOT_BYTES - slot.length)]));
    expect(decoded?.state.untold).toHaveLength(MAX_RANGES);
    for (const [number] of scattered) expect(contains(decoded!.state.untold, number)).toBe(true);
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
    encodeSlot(6, { ...NEW_STREAM, acknowledged: 6 }).copy(file, 0);
    const newer = encodeSlot(7, { ...NEW_STREAM, acknowledged: 7 });
    for (let bytes = 0; bytes < newer.length; bytes++) {
      newer.copy(file, SLOT_BYTES, 0, bytes);
      expect(decodeSlots(file)?.state.acknowledged).toBe(6);
    }
    newer.copy(file, SLOT_BYTES);
    expect(decodeSlots(file)).toMatchObject({ generation: 7, state: { acknowledged: 7 } });
  });
});
