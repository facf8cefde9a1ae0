import type { Duration } from '@tashika/shared/time';
import { Gauge, type Registry } from 'prom-client';
import { partitionState, readWatched } from '../ingest/index.ts';
import type { Store } from '../store/index.ts';
import { onceAScrape } from './scrape.ts';

/**
 * What workers see of every partition of the hub, whichever process is asked. A partition that stands still stays so
 * while its reader or its worker is replaced, until it really moves on.
 */
export function registerWatchMetrics(registry: Registry, store: Store, stalledAfterMs: Duration): void {
  const registers = [registry];
  const watched = onceAScrape(() => readWatched(store));

  new Gauge({
    name: 'tashika_backlogged_input_events',
    help: 'Events of a partition that the hub has and the store has not.',
    labelNames: ['partition'],
    registers,
    async collect() {
      const found = await watched();
      this.reset();
      for (const { partitionId: partition, backlog } of found?.partitions ?? []) this.set({ partition }, backlog);
    },
  });
  new Gauge({
    name: 'tashika_input_partition_not_progressing',
    help: '1 while a partition stands still: nothing of it is committed although the hub has events, or no worker looks.',
    labelNames: ['partition'],
    registers,
    async collect() {
      const found = await watched();
      this.reset();
      for (const each of found?.partitions ?? []) {
        const { status } = partitionState(each, found!.now, stalledAfterMs);
        this.set({ partition: each.partitionId }, status === 'progressing' ? 0 : 1);
      }
    },
  });
}
