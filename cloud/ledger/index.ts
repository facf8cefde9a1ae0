export {
  figuresOf,
  freshNumbers,
  type LedgerEntry,
  MOST_RANGES,
  newEntry,
  staysBounded,
  withHeld,
  withLost,
  withReceived,
} from './entry.ts';
export { OpenEntry } from './open-entry.ts';
export { type RegionCompleteness, type RegionFigures, regionCompleteness } from './region-completeness.ts';
export { type LedgerKey, lockEntries, saveEntries } from './rows.ts';
export { readStream, readStreams, type StreamFigures } from './streams.ts';
