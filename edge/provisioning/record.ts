import { hashOf } from './user-data.ts';

/** User data that could not be used, so that they are not tried again. */
export interface Failure {
  readonly hash: string;
  readonly reason: string;
  /** The agent that failed with them; another one tries them anew. */
  readonly version: string;
}

/** What a device remembers of its group's user data. */
export interface UserDataRecord {
  /** The last good ones: an agent ran with them. */
  readonly accepted: string | undefined;
  /** Newer ones that no agent has run with for long enough yet, and how often one was started with them. */
  readonly trial: { readonly text: string; readonly starts: number } | undefined;
  readonly failed: Failure | undefined;
}

export const NOTHING_KNOWN: UserDataRecord = { accepted: undefined, trial: undefined, failed: undefined };

/** A power cut may end a trial as well as a fault does: so many of them are put down to the user data. */
export const MOST_STARTS = 3;

/**
 * The record after `text` was served and judged good. The very text that failed with this version of the agent is not
 * tried again; any other is.
 */
export function offered(record: UserDataRecord, text: string, version: string): UserDataRecord {
  const { accepted, trial, failed } = record;
  if (text === accepted) return { accepted, trial: undefined, failed: undefined };
  if (text === trial?.text) return record;
  if (failed?.version === version && failed.hash === hashOf(text)) return { ...record, trial: undefined };
  return { accepted, trial: { text, starts: 0 }, failed: undefined };
}

/** The record when an agent is about to be started with the trial: one more start, or too many. */
export function started(record: UserDataRecord, version: string): UserDataRecord {
  const { trial } = record;
  if (!trial) return record;
  if (trial.starts < MOST_STARTS) return { ...record, trial: { ...trial, starts: trial.starts + 1 } };
  return gaveUp(
    record,
    trial.text,
    `The agent ended ${MOST_STARTS} times soon after it had started with them.`,
    version,
  );
}

/** The record after an agent could not run with `text`. */
export function gaveUp(record: UserDataRecord, text: string, reason: string, version: string): UserDataRecord {
  return {
    accepted: record.accepted === text ? undefined : record.accepted,
    trial: undefined,
    failed: { hash: hashOf(text), reason, version },
  };
}

/** The record after an agent has run long enough with the trial. */
export function proven(record: UserDataRecord): UserDataRecord {
  return record.trial ? { accepted: record.trial.text, trial: undefined, failed: undefined } : record;
}

/** The record after a start that ended for another reason than the trial's. */
export function withdrawn(record: UserDataRecord): UserDataRecord {
  const { trial } = record;
  return trial ? { ...record, trial: { ...trial, starts: Math.max(0, trial.starts - 1) } } : record;
}
