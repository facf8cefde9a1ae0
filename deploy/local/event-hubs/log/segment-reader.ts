import { type LogRecord, readRecord } from './record.ts';
import { SegmentScan } from './scan.ts';
import type { Damage, Segment } from './segment.ts';

/** Consecutive records, and the offset at which to read on. */
export interface LogRun {
  readonly records: readonly LogRecord[];
  readonly next: number;
}

/** What is read from a file at once. */
const READ_BYTES = 256 * 1024;

/**
 * Some records of a segment from `offset` on, which lies within it. Damage is stepped over; what was not
 * known yet is entered in the segment's list and told.
 */
export async function readSegment(
  segment: Segment,
  offset: number,
  onDamage: ((damage: Damage) => void) | undefined,
): Promise<LogRun> {
  const known = segment.damage.find((each) => each.from <= offset && offset < each.to);
  if (known) return { records: [], next: known.to };
  const scan = new SegmentScan(segment.file, segment.base.offset, segment.size);
  const position = offset - segment.base.offset;
  const run = recordsOf(await scan.bytes(position, READ_BYTES), offset);
  if (run.records.length > 0) return run;
  const record = await scan.recordAt(position);
  if (typeof record === 'object') return { records: [record], next: offset + record.size };
  const intact = await scan.nextIntact(position + 1);
  const damage = { file: segment.path, from: offset, to: intact?.offset ?? segment.end };
  segment.damage.push(damage);
  onDamage?.(damage);
  return { records: [], next: damage.to };
}

/** The intact records at the beginning of a piece of log. */
export function recordsOf(bytes: Buffer, offset: number): LogRun {
  const records: LogRecord[] = [];
  let at = 0;
  for (;;) {
    const record = readRecord(bytes, at, offset + at);
    if (typeof record !== 'object') return { records, next: offset + at };
    records.push(record);
    at += record.size;
  }
}
