import type { Timestamp } from '@tashika/shared/time';
import type { Queryable } from '../../store/index.ts';
import { WINDOW_MS } from '../../windows/index.ts';
import type { LiveMessage, Window } from '../shapes.ts';
import { WINDOW_COLUMNS, type WindowRow, windowOf } from '../window-rows.ts';

/** The store's state in a few numbers, read at one instant. */
export interface Pulse {
  /** The latest change that a reader can see. */
  readonly changeId: number;
  readonly watermark: Timestamp | null;
  /** Windows that end at or before it are final: the watermark, or just before it. */
  readonly finalUntil: Timestamp | null;
  /** How the windows of the store are counted. */
  readonly windowing: LiveMessage['windowing'];
  /** Totals since the store began. */
  readonly events: number;
  readonly readings: number;
  readonly duplicates: number;
  readonly late: number;
}

export async function readPulse(store: Queryable): Promise<Pulse> {
  const [row] = await store.query<PulseRow>(
    `SELECT c.id AS "changeId", m.watermark, m.final_until AS "finalUntil",
            w.length_ms AS "lengthMs", w.hop_ms AS "hopMs", w.policy, p.*
       FROM change_cursor c CROSS JOIN watermark m LEFT JOIN windowing w ON true CROSS JOIN
            (SELECT coalesce(sum(events), 0) AS events, coalesce(sum(readings), 0) AS readings,
                    coalesce(sum(duplicates), 0) AS duplicates, coalesce(sum(late), 0) AS late
               FROM partition) p`,
  );
  const { watermark, finalUntil, lengthMs, hopMs, policy, ...rest } = row!;
  return {
    ...rest,
    watermark: watermark?.getTime() ?? null,
    finalUntil: finalUntil?.getTime() ?? null,
    // Before the first worker has come there is no window either.
    windowing: { lengthMs: lengthMs ?? WINDOW_MS, hopMs: hopMs ?? WINDOW_MS, policy: policy ?? 'revise' },
  };
}

interface PulseRow extends Pick<Pulse, 'changeId' | 'events' | 'readings' | 'duplicates' | 'late'> {
  readonly watermark: Date | null;
  readonly finalUntil: Date | null;
  readonly lengthMs: number | null;
  readonly hopMs: number | null;
  readonly policy: LiveMessage['windowing']['policy'] | null;
}

/** What takes a scan to count, and so is read less often. */
export interface Census {
  readonly deadLetters: number;
  readonly devicesReporting: number;
  readonly devicesSilent: number;
}

export async function readCensus(store: Queryable, silentBefore: Timestamp): Promise<Census> {
  const [row] = await store.query<{ dead_letters: number; devices: number; reporting: number }>(
    `SELECT (SELECT coalesce(sum(open), 0)::bigint FROM dead_letter_counts) AS dead_letters,
            count(*) AS devices, count(*) FILTER (WHERE last_seen >= $1) AS reporting
       FROM device`,
    [new Date(silentBefore)],
  );
  const { dead_letters, devices, reporting } = row!;
  return { deadLetters: dead_letters, devicesReporting: reporting, devicesSilent: Math.max(0, devices - reporting) };
}

/** The most windows that one message carries; with more to say, a snapshot says it shorter. */
export const MOST_WINDOWS_A_MESSAGE = 20_000;

/** Where a reader stands: the last change it has, and the end of the last window that was final when it was told. */
export interface Standpoint {
  readonly changeId: number;
  readonly finalUntil: Timestamp | null;
}

/**
 * The windows that are not as a reader at `since` has them: those changed, and those that the watermark has passed
 * meanwhile and so made final without touching them. At most one more than MOST_WINDOWS_A_MESSAGE.
 */
export async function readChanges(
  store: Queryable,
  since: Standpoint,
  finalUntil: Timestamp | null,
): Promise<Window[]> {
  const rows = await store.query<WindowRow>(
    `SELECT ${WINDOW_COLUMNS} FROM window_counts
      WHERE change_id > $1 OR (window_end > $2 AND window_end <= $3)
      ORDER BY window_end, region LIMIT ${MOST_WINDOWS_A_MESSAGE + 1}`,
    [since.changeId, new Date(since.finalUntil ?? 0), new Date(since.finalUntil === null ? 0 : (finalUntil ?? 0))],
  );
  return rows.map(windowOf);
}

const RECENT_MS = 5 * 60_000;
const OPEN_AT_MOST_MS = 2 * 3_600_000;

/**
 * The windows of the last 5 minutes and those still open. Windows that the watermark has left open for longer than
 * 2 hours are not among them: a partition that stands still for days must not make the snapshot grow.
 */
export async function readRecent(store: Queryable, finalUntil: Timestamp | null, now: Timestamp): Promise<Window[]> {
  const after = Math.max(now - OPEN_AT_MOST_MS, Math.min(now - RECENT_MS, finalUntil ?? 0));
  const rows = await store.query<WindowRow>(
    `SELECT ${WINDOW_COLUMNS} FROM window_counts WHERE window_end > $1
      ORDER BY window_end, region LIMIT ${MOST_WINDOWS_A_MESSAGE}`,
    [new Date(after)],
  );
  return rows.map(windowOf);
}
