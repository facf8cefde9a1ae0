import { messageOf } from '@tashika/shared/errors';
import type { Clock, Duration, Timestamp } from '@tashika/shared/time';
import type { CloudConfiguration } from '../config/index.ts';
import type { Logger, Store } from '../store/index.ts';
import { foldCounts, type Kind, trim } from './trim.ts';

type Retention = CloudConfiguration['retention'];

const DAY_MS: Duration = 86_400_000;
const FIRST_AFTER_MS: Duration = 60_000;
const EVERY_MS: Duration = 3_600_000;
const ROWS_A_TRANSACTION = 1_000;
const LEAST_PAUSE_MS: Duration = 20;

/** How long windows are kept; undefined for ever. */
export function windowsKeptMs({ windowsDays }: Retention): Duration | undefined {
  return windowsDays === 0 ? undefined : windowsDays * DAY_MS;
}

export interface TrimmerParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly retention: Retention;
}

/**
 * The time that ages are counted from. A wall clock that is ahead must not delete what can't be brought back, so it is
 * no later than the hub's latest event; undefined while there has been none.
 */
async function timeOfTrimming(store: Store, clock: Clock): Promise<Timestamp | undefined> {
  const [row] = await store.query<{ latest: Date | null }>('SELECT max(last_arrival) AS latest FROM partition');
  return row?.latest ? Math.min(clock.now(), row.latest.getTime()) : undefined;
}

/**
 * Deletes what is older than it is to be kept, once an hour, taking at most half of one connection's time.
 *
 * @returns what ends it, once the transaction under way is over
 */
export function startTrimmer({ store, clock, logger, retention }: TrimmerParts): () => Promise<void> {
  const stopping = new AbortController();

  /** False when it is to stop. */
  async function pause(forMs: Duration): Promise<boolean> {
    await clock.sleep(forMs, stopping.signal).catch(() => {});
    return !stopping.signal.aborted;
  }

  async function trimAll(): Promise<void> {
    const now = await timeOfTrimming(store, clock);
    if (now === undefined) return;
    const days: Readonly<Record<Kind, number>> = {
      windows: retention.windowsDays,
      ledgers: retention.ledgersDays,
      deadLetters: retention.deadLettersDays,
      fleet: retention.fleetDays,
    };
    for (const [kind, keep] of Object.entries(days) as [Kind, number][]) {
      if (keep === 0) continue;
      const { deleted, done } = await trim(store, kind, now - keep * DAY_MS, {
        rows: ROWS_A_TRANSACTION,
        now,
        pause: (tookMs) => pause(Math.max(LEAST_PAUSE_MS, tookMs)),
        monotonic: () => clock.monotonic(),
      });
      if (deleted > 0) logger.info({ kind, deleted, done }, 'what was too old has been deleted');
      if (!done) return;
    }
    await foldCounts(store);
  }

  async function trimForEver(): Promise<void> {
    for (let going = await pause(FIRST_AFTER_MS); going; going = await pause(EVERY_MS)) {
      await trimAll().catch((error) =>
        logger.warn({ error: messageOf(error) }, 'trimming failed; it is tried again in an hour'),
      );
    }
  }

  const trimming = trimForEver();
  return async () => {
    stopping.abort(new Error('the trimmer is stopping'));
    await trimming;
  };
}
