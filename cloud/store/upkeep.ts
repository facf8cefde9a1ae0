import type { PGlite } from '@electric-sql/pglite';
import { messageOf } from '@tashika/shared/errors';
import type { Clock, Duration, TimerHandle } from '@tashika/shared/time';
import type { Logger } from './store.ts';

/** How often the write-ahead log is cut short. */
export const CHECKPOINT_EVERY_MS: Duration = 60_000;
/** Rows that were overwritten give their space back at every so-many-th checkpoint. */
const VACUUM_EVERY = 5;

/**
 * Does what the background processes of a PostgreSQL server would: PGlite has none, so without it the write-ahead
 * log and the tables that are overwritten at each commit would grow for as long as the program runs.
 *
 * @returns what ends it, once a run under way is over
 */
export function startUpkeep(database: PGlite, clock: Clock, logger: Logger): () => Promise<void> {
  let timer: TimerHandle;
  let running: Promise<void> = Promise.resolve();
  let rounds = 0;
  const schedule = () => {
    timer = clock.after(CHECKPOINT_EVERY_MS, () => {
      running = run();
    });
  };
  async function run(): Promise<void> {
    try {
      if (++rounds % VACUUM_EVERY === 0) await database.exec('VACUUM (ANALYZE)');
      await database.exec('CHECKPOINT');
    } catch (error) {
      logger.warn({ error: messageOf(error) }, 'the upkeep of the database failed; it is tried again');
    }
    if (!database.closed && !ended) schedule();
  }
  let ended = false;
  schedule();
  return async () => {
    ended = true;
    timer.cancel();
    await running;
  };
}
