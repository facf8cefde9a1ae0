import { crc32 } from 'node:zlib';
import type { SequenceRange, SequenceRanges } from '@tashika/shared/sequence';

/** What a stream must remember besides its segments. */
export interface StreamState {
  /** All numbers up to this one are done with: accepted by the link, or given up. */
  readonly acknowledged: number;
  /** The highest number known to be given out: a segment holds it, or `inMemory` says that none does. */
  readonly last: number;
  /** Numbers up to `last` may exist in memory alone, because the disk took nothing. */
  readonly inMemory: boolean;
  /** Given up, and not yet told to the cloud. */
  readonly untold: SequenceRanges;
  /** Given up beyond `acknowledged`, told or not: the reader finds nothing there, and that is known. */
  readonly gone: SequenceRanges;
}

export const NEW_STREAM: StreamState = { acknowledged: 0, last: 0, inMemory: false, untold: [], gone: [] };

/**
 * The state file has two slots of this size that are written in turn, in place: a torn write spoils one and leaves
 * the other, and a full disk can't refuse it, because its blocks are there.
 */
export const SLOT_BYTES = 32_768;

/** So many ranges fit a slot, each with two numbers of up to 16 digits. */
export const MAX_RANGES = 400;

const HEAD_BYTES = 8;

/** Slot contents: u32 length, u32 CRC-32, JSON. */
export function encodeSlot(generation: number, state: StreamState): Buffer {
  const json = Buffer.from(
    JSON.stringify([
      generation,
      state.acknowledged,
      state.last,
      state.inMemory,
      coarsen(state.untold, MAX_RANGES),
      coarsen(state.gone, MAX_RANGES),
    ]),
  );
  const slot = Buffer.allocUnsafe(HEAD_BYTES + json.length);
  slot.writeUInt32LE(json.length, 0);
  slot.writeUInt32LE(crc32(json), 4);
  json.copy(slot, HEAD_BYTES);
  return slot;
}

/** The newest valid slot of a state file; `undefined` when neither is valid. */
export function decodeSlots(file: Buffer): { readonly generation: number; readonly state: StreamState } | undefined {
  const slots = [0, SLOT_BYTES].map((start) => decodeSlot(file.subarray(start, start + SLOT_BYTES)));
  return slots.filter((slot) => slot !== undefined).sort((a, b) => b.generation - a.generation)[0];
}

function decodeSlot(slot: Buffer): { readonly generation: number; readonly state: StreamState } | undefined {
  if (slot.length < HEAD_BYTES) return undefined;
  const length = slot.readUInt32LE(0);
  if (length === 0 || length > slot.length - HEAD_BYTES) return undefined;
  const json = slot.subarray(HEAD_BYTES, HEAD_BYTES + length);
  if (crc32(json) !== slot.readUInt32LE(4)) return undefined;
  const [generation, acknowledged, last, inMemory, untold, gone] = JSON.parse(json.toString()) as [
    number,
    number,
    number,
    boolean,
    SequenceRanges,
    SequenceRanges,
  ];
  return { generation, state: { acknowledged, last, inMemory, untold, gone } };
}

/**
 * At most `most` ranges that cover all the given ones: the narrowest gaps are closed. Losses that scattered call
 * what lies between them lost too; where it arrives all the same, having arrived counts.
 */
export function coarsen(ranges: SequenceRanges, most: number): SequenceRanges {
  if (ranges.length <= most) return ranges;
  const gaps = ranges.slice(1).map(([first], index) => ({ index, width: first - ranges[index]![1] }));
  gaps.sort((a, b) => a.width - b.width);
  const closed = new Set(gaps.slice(0, ranges.length - most).map(({ index }) => index));
  const merged: SequenceRange[] = [];
  let first = ranges[0]![0];
  ranges.forEach(([, last], index) => {
    if (closed.has(index)) return;
    merged.push([first, last]);
    first = ranges[index + 1]?.[0] ?? first;
  });
  return merged;
}
