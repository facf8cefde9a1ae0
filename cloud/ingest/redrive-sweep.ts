import type { Clock, Duration } from '@tashika/shared/time';
import type { Store } from '../store/index.ts';
import type { Redriven } from './redrive.ts';

/** A stretch of the dead letters of one reason that was driven again. */
export interface Sweep {
  readonly counted: number;
  /** Those that stay, perhaps for another reason now. */
  readonly stillRefused: number;
  /** The last one tried, after which the next stretch begins; null when there is no more. */
  readonly next: number | null;
}

export interface SweepOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly reason: string;
  /** Begins after this one; 0 for the oldest. */
  readonly after: number;
  readonly limit: number;
  readonly withinMs: Duration;
  readonly redrive: (id: number) => Promise<Redriven | undefined>;
}

/**
 * Drives dead letters of one reason again, the oldest first, each in a transaction of its own: at most `limit`, and
 * none is begun after `withinMs`. Whoever goes on from `next` until it is null has tried each once, also those that
 * stay refused.
 */
export async function redriveSweep(options: SweepOptions): Promise<Sweep> {
  const { store, clock, reason, after, limit, withinMs, redrive } = options;
  const rows = await store.query<{ id: number }>(
    `SELECT id FROM dead_letter WHERE redriven_at IS NULL AND reason = $1 AND id > $2::bigint ORDER BY id LIMIT $3`,
    [reason, after, limit + 1],
  );
  const deadline = clock.monotonic() + withinMs;
  let counted = 0;
  let stillRefused = 0;
  let last = after;
  for (const { id } of rows.slice(0, limit)) {
    const redriven = await redrive(id);
    if (redriven?.outcome === 'counted') counted++;
    else if (redriven) stillRefused++; // undefined: another one has driven it meanwhile
    last = id;
    if (clock.monotonic() >= deadline) break;
  }
  return { counted, stillRefused, next: rows.length > 0 && rows.at(-1)!.id > last ? last : null };
}
