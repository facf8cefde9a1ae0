export { freshNumbers, type LedgerEntry, newEntry, withHeld, withLost, withReceived } from './entry.ts';
export { type LedgerKey, lockEntries, saveEntries } from './rows.ts';
