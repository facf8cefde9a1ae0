import type { EventPlace } from './record.ts';
import { claimedSequenceNumber, claimedSize, namesItself, RECORD_HEADER_BYTES } from './record.ts';
import { SegmentScan } from './scan.ts';
import type { Damage, Segment } from './segment.ts';

/** The end of a partition's log that a crash left half written. It was never acknowledged. */
export interface TornTail {
  readonly file: string;
  /** Offset at which the log was cut. */
  readonly offset: number;
  /** Bytes cut off. */
  readonly bytes: number;
}

export interface SegmentRecovery {
  readonly events: number;
  /** The sequence number that comes after this segment's events, gone ones included. */
  readonly nextSequenceNumber: number;
  readonly tornTail?: TornTail;
}

/**
 * Reads a whole segment, checks every record, fills its index and finds what is damaged.
 *
 * A record that can't be read is skipped up to the next intact one, which keeps its sequence number; what
 * lies between is reported as damage. What can't be read at the very end of the last segment is a torn
 * tail: the append that a crash interrupted. It is cut, together with the earlier records of its batch,
 * because a batch is appended whole or not at all.
 *
 * @param following the base of the next segment; absent for the last one
 */
export async function recoverSegment(
  segment: Segment,
  following?: { sequenceNumber: number },
): Promise<SegmentRecovery> {
  const fileSize = await segment.file.size();
  const scan = new SegmentScan(segment.file, segment.base.offset, fileSize);
  let position = 0;
  let next = segment.base.sequenceNumber;
  let events = 0;
  let batch: { position: number; last: EventPlace | undefined; events: number } | undefined;

  const skip = (to: number, sequenceNumber: number) => {
    segment.damage.push(damageOf(segment, position, to, next, sequenceNumber));
    next = Math.max(next, sequenceNumber);
    position = to;
    batch = undefined;
  };

  while (position < fileSize) {
    const scanned = scan.recordAt(position);
    // Only what is not in the window is waited for: there are millions of records.
    let record = scanned instanceof Promise ? await scanned : scanned;
    if (typeof record !== 'object') {
      const intact = await scan.nextIntact(position + 1);
      if (!intact) break;
      record = intact;
      skip(intact.offset - segment.base.offset, intact.sequenceNumber);
    } else if (record.sequenceNumber > next) {
      skip(position, record.sequenceNumber);
    }
    batch ??= { position, last: segment.last, events };
    if (record.batchRemaining === 0) batch = undefined;
    segment.add(placeOf(record));
    events += 1;
    next = record.sequenceNumber + 1;
    position += record.size;
  }

  if (following) {
    if (position < fileSize || next < following.sequenceNumber) skip(fileSize, following.sequenceNumber);
    segment.size = fileSize;
    return { events, nextSequenceNumber: next };
  }
  if (position < fileSize && (await isWholeRecord(scan, segment.base.offset, position, fileSize, next))) {
    skip(fileSize, next + 1);
    segment.size = fileSize;
    return { events, nextSequenceNumber: next };
  }
  if (position === fileSize && !batch) {
    segment.size = fileSize;
    return { events, nextSequenceNumber: next };
  }
  const cut = batch?.position ?? position;
  if (batch) {
    next -= events - batch.events;
    events = batch.events;
    segment.last = batch.last;
  }
  segment.index.cut(segment.base.offset + cut);
  segment.size = cut;
  await segment.file.truncate(cut);
  const tornTail = { file: segment.path, offset: segment.base.offset + cut, bytes: fileSize - cut };
  return { events, nextSequenceNumber: next, tornTail };
}

/**
 * True where the last bytes of the log are a complete record whose contents changed: an append that was
 * torn would be shorter. Its sequence number was given away and is not given again.
 */
async function isWholeRecord(
  scan: SegmentScan,
  baseOffset: number,
  position: number,
  fileSize: number,
  sequenceNumber: number,
): Promise<boolean> {
  if (position + RECORD_HEADER_BYTES > fileSize) return false;
  const header = await scan.bytes(position, RECORD_HEADER_BYTES);
  return (
    namesItself(header, 0, baseOffset + position) &&
    claimedSize(header, 0) === fileSize - position &&
    claimedSequenceNumber(header, 0) === sequenceNumber
  );
}

function damageOf(segment: Segment, from: number, to: number, expected: number, found: number): Damage {
  const stretch = { file: segment.path, from: segment.base.offset + from, to: segment.base.offset + to };
  return found > expected ? { ...stretch, missing: [expected, found - 1] } : stretch;
}

function placeOf(record: EventPlace): EventPlace {
  return { sequenceNumber: record.sequenceNumber, offset: record.offset, enqueuedTime: record.enqueuedTime };
}
