export { type Batch, type BatchLimit, firstOf } from './batch.ts';
export { diskFiles } from './disk-files.ts';
export type { Fate } from './group.ts';
export type { DiskMeter } from './metered-files.ts';
export { type OpenSpool, openSpool } from './open.ts';
export { MAX_TEXT_BYTES, type Reading, refusalOf, type SpooledReading } from './reading.ts';
export type { LossReason, Reporter, SpoolReport } from './report.ts';
export type { FolderEntry, SegmentFile, SegmentFiles } from './segment-files.ts';
export { type FullPolicy, Spool, type SpoolFigures, type SpoolOptions } from './spool.ts';
