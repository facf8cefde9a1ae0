import { messageOf } from '@tashika/shared/errors';
import type { Clock, Duration, TimerHandle } from '@tashika/shared/time';
import type { Logger, Store } from '../../store/index.ts';
import type { BundleStore } from '../bundles/index.ts';

/** How long a bundle that was sent waits for the image that names it. */
const KEPT_MS: Duration = 24 * 3_600_000;
const EVERY_MS: Duration = 6 * 3_600_000;

interface Parts {
  readonly store: Store;
  readonly clock: Clock;
  readonly bundles: BundleStore;
}

/**
 * Takes away the bundles that no image names a day after they were sent. An import that is under way has made its bundle
 * young again before it names it, and a young one is not removed. Answers how many.
 */
export async function removeUnnamed({ store, clock, bundles }: Parts): Promise<number> {
  const before = clock.now() - KEPT_MS;
  await bundles.sweep(before);
  let removed = 0;
  for await (const { sha256, storedAt } of bundles.list()) {
    if (storedAt > before) continue;
    const [named] = await store.query('SELECT FROM image WHERE sha256 = $1 LIMIT 1', [sha256]);
    if (named) continue;
    await bundles.remove(sha256, before);
    removed++;
  }
  return removed;
}

/** Looks for unnamed bundles now and then, for as long as the process runs. */
export class BundleUpkeep {
  readonly #parts: Parts & { readonly logger: Logger };
  #timer: TimerHandle | undefined;
  #looking: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(parts: Parts & { readonly logger: Logger }) {
    this.#parts = parts;
  }

  start(): void {
    this.#looking = this.#look();
  }

  /** Resolves when the look that is under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#looking;
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    const { clock, logger, bundles } = this.#parts;
    try {
      const removed = await removeUnnamed(this.#parts);
      if (removed > 0) logger.info({ removed }, 'bundles that no image names were taken away');
    } catch (error) {
      logger.warn({ error: messageOf(error), place: bundles.place }, 'unnamed bundles are looked for again later');
    }
    if (this.#stopped) return;
    this.#timer = clock.after(EVERY_MS, () => {
      this.#looking = this.#look();
    });
  }
}
