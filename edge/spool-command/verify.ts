import { basename } from 'node:path';
import { contains, type SequenceRanges, subtract, union } from '@tashika/shared/sequence';
import { settled } from '../spool/index.ts';
import { piecesOf, type StreamOnDisk, stateIn, streamsIn } from './disk.ts';

/** What every byte of a stream was found to be. */
export interface StreamReport {
  readonly stream: string;
  readonly segments: number;
  readonly bytes: number;
  /** Readings on the disk, and of these those that the link has not taken. */
  readonly readings: number;
  readonly held: number;
  /** Lowest and highest number on the disk; 0 where there is none. */
  readonly first: number;
  readonly last: number;
  /** Whether the state file can be read. Without it everything is sent again, under a new stream from then on. */
  readonly stateReadable: boolean;
  /** Set where a newer agent wrote it: nothing of it is read here, and it waits for that agent. */
  readonly newerFormat?: number;
  readonly damaged: readonly { readonly file: string; readonly bytes: number }[];
  /** Bytes at the very end that are no reading: a crash left them, or an agent is writing there now. */
  readonly unfinishedBytes: number;
  /** Numbers that wait for the link and are not there. */
  readonly missing: SequenceRanges;
  /** Numbers that were given up, and that the cloud has not been told of. */
  readonly untold: SequenceRanges;
}

/**
 * Reads every byte of the spool in `directory`, in constant memory, and changes nothing. Damage needs no repair by
 * hand: the agent passes over it, tells the cloud which numbers it cost, and sets the file aside.
 */
export async function verifySpool(directory: string): Promise<readonly StreamReport[]> {
  const streams = await streamsIn(directory);
  const reports: StreamReport[] = [];
  for (const stream of streams) reports.push(await verify(stream, stream === streams.at(-1)));
  return reports;
}

/** Whether nothing is damaged or missing. */
export function isWhole({ damaged, missing, stateReadable, newerFormat }: StreamReport): boolean {
  return newerFormat !== undefined || (damaged.length === 0 && missing.length === 0 && stateReadable);
}

/** Damage that scattered widely is told by its first ranges. */
const MOST_RANGES = 100;

async function verify(onDisk: StreamOnDisk, isNewest: boolean): Promise<StreamReport> {
  const { stream, folder, state, segments, newerFormat } = onDisk;
  if (newerFormat !== undefined) return unread(onDisk, newerFormat);
  const numbers = new Numbers(state ? settled(state) : [], segments[0]?.first ?? 1);
  const damaged: { file: string; bytes: number }[] = [];
  let [readings, bytes, unfinishedBytes] = [0, 0, 0];
  for (const segment of segments) {
    let damagedBytes = 0;
    for await (const piece of piecesOf(stream, segment)) {
      readings += piece.readings.length;
      for (const { sequence } of piece.readings) numbers.found(sequence);
      damagedBytes += piece.damagedBytes;
      if (isNewest && segment === segments.at(-1)) unfinishedBytes += piece.trailingBytes;
      else damagedBytes += piece.trailingBytes;
    }
    bytes += segment.bytes;
    if (damagedBytes > 0) damaged.push({ file: basename(segment.file), bytes: damagedBytes });
  }
  const { first, last, held } = numbers;
  if (state && !state.inMemory) numbers.expected(state.last);
  // What an agent has sent and removed meanwhile is not missing.
  const now = await stateIn(folder);
  const missing = now ? subtract(numbers.missing, settled(now)) : numbers.missing;
  return {
    ...{ stream, segments: segments.length, bytes, readings, held, first, last },
    stateReadable: state !== undefined,
    damaged,
    unfinishedBytes,
    missing,
    untold: state?.untold ?? [],
  };
}

function unread({ stream, segments }: StreamOnDisk, newerFormat: number): StreamReport {
  const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
  return {
    ...{ stream, segments: segments.length, bytes, readings: 0, held: 0, first: 0, last: 0 },
    ...{ stateReadable: false, newerFormat, damaged: [], unfinishedBytes: 0, missing: [], untold: [] },
  };
}

/** The numbers of a stream as they are found, in ascending order. */
class Numbers {
  first = 0;
  last = 0;
  held = 0;
  missing: SequenceRanges = [];
  readonly #done: SequenceRanges;
  #next: number;

  constructor(done: SequenceRanges, next: number) {
    this.#done = done;
    this.#next = next;
  }

  found(number: number): void {
    if (number < this.#next) return;
    this.expected(number - 1);
    this.first ||= number;
    this.last = number;
    this.#next = number + 1;
    if (!contains(this.#done, number)) this.held++;
  }

  /** Nothing more comes up to this number. */
  expected(number: number): void {
    if (number < this.#next) return;
    const waiting = subtract([[this.#next, number]], this.#done);
    if (waiting.length > 0) this.missing = union(this.missing, waiting).slice(0, MOST_RANGES);
    this.#next = number + 1;
  }
}
