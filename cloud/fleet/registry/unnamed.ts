import type { Clock, Duration } from '@tashika/shared/time';
import type { Store } from '../../store/index.ts';
import type { BundleStore } from '../bundles/index.ts';

/** How long a bundle that was sent waits for the image that names it. */
const KEPT_MS: Duration = 24 * 3_600_000;

export interface UnnamedParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly bundles: BundleStore;
}

/**
 * Takes away the bundles that no image names a day after they were sent. An import that is under way has made its bundle
 * young again before it names it, and a young one is not removed. Answers how many.
 */
export async function removeUnnamed({ store, clock, bundles }: UnnamedParts): Promise<number> {
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
