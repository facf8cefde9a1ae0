import type { Timestamp } from '@tashika/shared/time';
import type { Queryable, Store } from '../../store/index.ts';

/** Counted ahead, so that a crash takes at most this much from a device's day. */
const AHEAD_BYTES = 1_048_576;

/** The day that a device's bytes count for, in UTC, as a date of PostgreSQL. */
export function dayOf(now: Timestamp): string {
  return new Date(now).toISOString().slice(0, 10);
}

/** How long it is to the next day in UTC, in ms. */
export function untilNextDay(now: Timestamp): number {
  const dayMs = 86_400_000;
  return dayMs - (now % dayMs);
}

/** What is left of an action's budget of today, in bytes; infinite where it has none. */
export async function bytesLeft(store: Queryable, actionId: number, now: Timestamp): Promise<number> {
  const [row] = await store.query<{ left: number | null }>(
    `SELECT daily_bytes - CASE WHEN served_day = $2::date THEN served_bytes ELSE 0 END AS left
       FROM deployment_action WHERE id = $1`,
    [actionId, dayOf(now)],
  );
  return row?.left == null ? Number.POSITIVE_INFINITY : Math.max(0, row.left);
}

/**
 * Counts the bytes of one answer against the action's day, in the store, so that it holds whichever process serves them
 * and however many at once. It counts a part ahead, and gives back at its end what was not served.
 */
export class ServedBytes {
  readonly #store: Store;
  readonly #actionId: number;
  readonly #now: () => Timestamp;
  #ahead = 0;
  #day = '';

  constructor(store: Store, actionId: number, now: () => Timestamp) {
    this.#store = store;
    this.#actionId = actionId;
    this.#now = now;
  }

  /** How many of the next `bytes` may be served: 0 where the day's budget is spent, or the action is not open any more. */
  async take(bytes: number): Promise<number> {
    if (this.#ahead === 0) await this.#count(Math.max(bytes, AHEAD_BYTES));
    const taken = Math.min(bytes, this.#ahead);
    this.#ahead -= taken;
    return taken;
  }

  /** Gives back what was counted and not served. */
  async settle(): Promise<void> {
    const unserved = this.#ahead;
    this.#ahead = 0;
    if (unserved === 0) return;
    await this.#store.query(
      `UPDATE deployment_action SET served_bytes = greatest(0, served_bytes - $2)
        WHERE id = $1 AND served_day = $3::date`,
      [this.#actionId, unserved, this.#day],
    );
  }

  async #count(bytes: number): Promise<void> {
    this.#day = dayOf(this.#now());
    const [row] = await this.#store.query<{ granted: number }>(
      `WITH day AS (
         SELECT id, daily_bytes, CASE WHEN served_day = $3::date THEN served_bytes ELSE 0 END AS served
           FROM deployment_action WHERE id = $1 AND state = 'open' FOR UPDATE),
       allowance AS (
         SELECT id, served, greatest(0, least($2::bigint, coalesce(daily_bytes - served, $2::bigint))) AS granted
           FROM day)
       UPDATE deployment_action AS action
          SET served_day = $3::date, served_bytes = allowance.served + allowance.granted
         FROM allowance WHERE action.id = allowance.id
       RETURNING allowance.granted`,
      [this.#actionId, bytes, this.#day],
    );
    this.#ahead = row?.granted ?? 0;
  }
}
