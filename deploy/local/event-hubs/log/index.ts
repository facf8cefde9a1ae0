export {
  type LogRecovery,
  PartitionLog,
  type PartitionLogOptions,
  type Retention,
} from './partition-log.ts';
export type { EventPlace, LogRecord, NewEvent } from './record.ts';
export type { TornTail } from './recovery.ts';
export type { Damage } from './segment.ts';
export { type OpenSegmentFile, openSegmentFile, type SegmentFile } from './segment-file.ts';
export type { LogRun } from './segment-reader.ts';
