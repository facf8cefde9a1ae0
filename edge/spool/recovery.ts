import { type SequenceRanges, subtract } from '@tashika/shared/sequence';
import { settled } from './progress.ts';
import { checksumSeed, parseRecords } from './record.ts';
import {
  decodeSegmentHeader,
  firstOfSegment,
  isThinnedName,
  SEGMENT_HEADER_BYTES,
  type Segment,
  segmentName,
} from './segment.ts';
import type { SegmentFile, SegmentFiles } from './segment-files.ts';
import { READ_BYTES } from './segment-reader.ts';
import { StateFile } from './state-file.ts';
import { StreamLog, type StreamPlace } from './stream-log.ts';
import { NEW_STREAM, type StreamState } from './stream-state.ts';

/** Why a stream that is on the disk must not be gone on with: a number could be used for a second reading. */
export type Unsafe = 'state-corrupt' | 'tail-missing';

export interface Recovered {
  readonly log: StreamLog;
  /** Set: what the stream holds is still sent, but new readings need a new stream. */
  readonly unsafe: Unsafe | undefined;
}

/** A new, empty stream, durable when it resolves. */
export async function createStream(place: StreamPlace): Promise<StreamLog> {
  await place.files.makeFolder(place.folder);
  const stateFile = await StateFile.create(place.files, place.folder);
  const log = new StreamLog({ ...place, stateFile, state: NEW_STREAM, segments: [], highest: 0, active: undefined });
  await log.save();
  return log;
}

/**
 * Opens a stream as a crash may have left it. Only its last segment is read; an unfinished record at its end is cut.
 * An unsafe stream is left as it is: its state may be saved once there is a new stream, not before.
 *
 * @param goOn whether readings will be added to it
 */
export async function recoverStream(place: StreamPlace, goOn: boolean): Promise<Recovered> {
  const { files, folder } = place;
  const segments = await listSegments(files, folder);
  const { stateFile, state } = await openState(files, folder);
  if (goOn && state?.written) place.meter?.restore(state.written);
  const known = state && !state.inMemory ? state.last : 0;
  const tail = await recoverTail(place, segments.at(-1), known);
  const unsafe = state === undefined ? 'state-corrupt' : tail.highest < known ? 'tail-missing' : undefined;
  const active = goOn && !unsafe && tail.bootId === place.bootId ? tail.file : undefined;
  if (!active) await tail.file?.close();

  const log = new StreamLog({
    ...place,
    stateFile,
    state: state ?? sentAgain(segments),
    segments,
    highest: tail.highest,
    active,
  });
  log.giveUp(inNeitherPlace(log, state), state?.inMemory ? 'process-ended' : 'corrupt');
  if (!unsafe && log.unsaved) await log.save();
  return { log, unsafe };
}

async function listSegments(files: SegmentFiles, folder: string): Promise<Segment[]> {
  const segments: Segment[] = [];
  for (const { name, bytes } of await files.list(folder)) {
    const first = firstOfSegment(name);
    if (first !== undefined) segments.push({ first, bytes, corrupt: false });
    // A crash in the middle of thinning out leaves the whole segment, and a part of the new one that nobody needs.
    if (isThinnedName(name)) await files.remove(`${folder}/${name}`);
  }
  return segments.sort((a, b) => a.first - b.first);
}

async function openState(
  files: SegmentFiles,
  folder: string,
): Promise<{ readonly stateFile: StateFile; readonly state: StreamState | undefined }> {
  const opened = await StateFile.open(files, folder);
  if (opened) return { stateFile: opened.file, state: opened.state };
  return { stateFile: await StateFile.create(files, folder), state: undefined };
}

/** What was accepted is forgotten: everything that is here is sent again, and the cloud knows it by its numbers. */
function sentAgain(segments: readonly Segment[]): StreamState {
  const first = segments[0]?.first ?? 1;
  return { ...NEW_STREAM, done: first > 1 ? [[1, first - 1]] : [] };
}

interface Tail {
  readonly highest: number;
  readonly bootId: string | undefined;
  readonly file: SegmentFile | undefined;
}

/**
 * Finds the last valid record of the last segment and cuts what follows: a crash left it, and it was never durable.
 * If readings that are known to have been durable would go with it, it is damage and not a torn tail, and stays.
 */
async function recoverTail(place: StreamPlace, segment: Segment | undefined, known: number): Promise<Tail> {
  if (!segment) return { highest: 0, bootId: undefined, file: undefined };
  const path = `${place.folder}/${segmentName(segment.first)}`;
  const file = await place.files.open(path);
  const header = await file.read(0, SEGMENT_HEADER_BYTES);
  const bootId = decodeSegmentHeader(header);
  const seed = checksumSeed(place.stream);
  let highest = segment.first - 1;
  let validEnd = bootId === undefined ? 0 : SEGMENT_HEADER_BYTES;
  for (let position = SEGMENT_HEADER_BYTES; position < segment.bytes; ) {
    const bytes = await file.read(position, Math.min(READ_BYTES, segment.bytes - position));
    if (bytes.length === 0) break;
    const parsed = parseRecords(bytes, seed, position + bytes.length >= segment.bytes);
    const last = parsed.records.at(-1);
    if (last) {
      highest = Math.max(highest, last.record.sequence);
      validEnd = position + last.end;
    }
    position += parsed.consumed;
  }
  if (highest < known) {
    segment.corrupt = true;
    place.report({ kind: 'segment-corrupt', file: path, bytes: segment.bytes - validEnd });
  } else if (validEnd < segment.bytes) {
    place.report({ kind: 'torn-tail', file: path, bytes: segment.bytes - validEnd });
    await file.truncate(validEnd);
    await file.sync();
    segment.bytes = validEnd;
  }
  return { highest, bootId, file };
}

/** Numbers that were given out and that neither the disk nor the cloud has. */
function inNeitherPlace(log: StreamLog, state: StreamState | undefined): SequenceRanges {
  const first = log.highest + 1;
  const last = state?.last ?? 0;
  return first <= last ? subtract([[first, last]], settled(log.progress)) : [];
}
