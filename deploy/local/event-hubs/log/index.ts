export {
  type LogRecovery,
  type LogRun,
  PartitionLog,
  type PartitionLogOptions,
  type Retention,
} from './partition-log.ts';
export type { EventPlace, LogRecord, NewEvent } from './record.ts';
export type { TornTail } from './recovery.ts';
export type { Damage } from './segment.ts';
export { type OpenSegmentFile, openSegmentFile, type SegmentFile } from './segment-file.ts';
