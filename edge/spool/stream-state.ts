import { crc32 } from 'node:zlib';
import { type SequenceRange, type SequenceRanges, union } from '@tashika/shared/sequence';
import type { Duration } from '@tashika/shared/time';
import type { DaysUse } from '../clock/index.ts';
import { bounded, NO_PROGRESS, type Progress } from './progress.ts';

/** What a stream must remember besides its segments. */
export interface StreamState extends Progress {
  /** The highest number known to be given out: a segment holds it, or `inMemory` says that none does. */
  readonly last: number;
  /** Numbers up to `last` may exist in memory alone, because the disk took nothing. */
  readonly inMemory: boolean;
  /** What the spool's files have written in the running day, as of the last save. */
  readonly written?: DaysUse | undefined;
}

export const NEW_STREAM: StreamState = { ...NO_PROGRESS, last: 0, inMemory: false };

/**
 * The state file has two slots of this size that are written in turn, in place: a torn write spoils one and leaves
 * the other, and a full disk can't refuse it, because its blocks are there.
 */
export const SLOT_BYTES = 32_768;

const HEAD_BYTES = 8;
/** The format of states that this agent writes; it reads those before it. */
export const STATE_FORMAT = 2;

/** A slot's JSON; a set that is empty is left out. */
interface SlotContents {
  readonly v: typeof STATE_FORMAT;
  readonly generation: number;
  readonly last: number;
  readonly inMemory?: true;
  readonly done?: SequenceRanges;
  readonly sent?: SequenceRanges;
  readonly again?: SequenceRanges;
  readonly untold?: SequenceRanges;
  readonly told?: SequenceRanges;
  readonly touched?: SequenceRanges;
  readonly written?: readonly [day: number | null, bytes: number, ranMs: Duration];
}

/** The first format: everything up to `acknowledged`, and what is `gone` beyond it, is done with. */
type FormerContents = readonly [
  generation: number,
  acknowledged: number,
  last: number,
  inMemory: boolean,
  untold: SequenceRanges,
  gone: SequenceRanges,
];

/** Slot contents: u32 length, u32 CRC-32, JSON. */
export function encodeSlot(generation: number, state: StreamState): Buffer {
  const { written } = state;
  const { done, sent, again, untold, told, touched } = bounded(state);
  const unlessEmpty = (ranges: SequenceRanges) => (ranges.length > 0 ? ranges : undefined);
  const contents = {
    v: STATE_FORMAT,
    generation,
    last: state.last,
    inMemory: state.inMemory || undefined,
    done: unlessEmpty(done),
    sent: unlessEmpty(sent),
    again: unlessEmpty(again),
    untold: unlessEmpty(untold),
    told: unlessEmpty(told),
    touched,
    written: written && [written.day ?? null, written.bytes, Math.round(written.ranMs)],
  };
  const json = Buffer.from(JSON.stringify(contents));
  const slot = Buffer.allocUnsafe(HEAD_BYTES + json.length);
  slot.writeUInt32LE(json.length, 0);
  slot.writeUInt32LE(crc32(json), 4);
  json.copy(slot, HEAD_BYTES);
  return slot;
}

/** A valid slot; the one of the higher generation is the newer. */
export interface Slot {
  readonly generation: number;
  readonly state: StreamState;
}

/** The newest valid slot of a state file; `undefined` when neither is valid. */
export function decodeSlots(file: Buffer): Slot | undefined {
  const slots = [0, SLOT_BYTES].map((start) => decodeSlot(file.subarray(start, start + SLOT_BYTES)));
  return slots.filter((slot) => slot !== undefined).sort((a, b) => b.generation - a.generation)[0];
}

/** The highest format that a valid slot of a state file tells, this agent's or another's. */
export function formatOfState(file: Buffer): number | undefined {
  const formats = [0, SLOT_BYTES].map((start) => {
    const contents = contentsOf(file.subarray(start, start + SLOT_BYTES));
    if (contents === undefined) return 0;
    return 'v' in contents ? contents.v : 1;
  });
  const format = Math.max(...formats);
  return format > 0 ? format : undefined;
}

function decodeSlot(slot: Buffer): Slot | undefined {
  const contents = contentsOf(slot);
  if (contents === undefined) return undefined;
  if (!('v' in contents)) return formerSlotOf(contents);
  // One of a newer format says other things, perhaps by the same names.
  return contents.v === STATE_FORMAT ? slotOf(contents) : undefined;
}

function contentsOf(slot: Buffer): SlotContents | FormerContents | undefined {
  if (slot.length < HEAD_BYTES) return undefined;
  const length = slot.readUInt32LE(0);
  if (length === 0 || length > slot.length - HEAD_BYTES) return undefined;
  const json = slot.subarray(HEAD_BYTES, HEAD_BYTES + length);
  if (crc32(json) !== slot.readUInt32LE(4)) return undefined;
  return JSON.parse(json.toString()) as SlotContents | FormerContents;
}

function slotOf({ generation, last, inMemory, touched, written, ...sets }: SlotContents): Slot {
  const { done = [], sent = [], again = [], untold = [], told = [] } = sets;
  const [day, bytes, ranMs] = written ?? [];
  const use = bytes === undefined ? undefined : { day: day ?? undefined, bytes, ranMs: ranMs! };
  const state = { last, inMemory: inMemory ?? false, done, sent, again, untold, told, touched };
  return { generation, state: use ? { ...state, written: use } : state };
}

function formerSlotOf([generation, acknowledged, last, inMemory, untold, gone]: FormerContents): Slot {
  const before: SequenceRange[] = acknowledged > 0 ? [[1, acknowledged]] : [];
  return { generation, state: { ...NEW_STREAM, last, inMemory, done: union(before, gone), untold } };
}
