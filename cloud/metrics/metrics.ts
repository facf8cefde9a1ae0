import type { Clock, Duration } from '@tashika/shared/time';
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import type { Store } from '../store/index.ts';
import { registerStoreMetrics } from './store-metrics.ts';

/** What a worker tells of each commit. */
export interface WorkerMetrics {
  /** One commit took `durationMs` and took in `events` events. */
  committed(commit: { readonly durationMs: Duration; readonly events: number }): void;
}

/** The metrics of this process, in Prometheus' text format. */
export interface Metrics extends WorkerMetrics {
  readonly contentType: string;
  text(): Promise<string>;
}

/** The process's own figures, its worker's, and what the store says of all workers. */
export function createMetrics({ store, clock }: { store: Store; clock: Clock }): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  registerStoreMetrics(registry, store, clock);
  const duration = new Histogram({
    name: 'tashika_commit_duration_seconds',
    help: "Duration of this process's commits, from begin to the answer.",
    buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
    registers: [registry],
  });
  const size = new Histogram({
    name: 'tashika_commit_events',
    help: "Events in each of this process's commits.",
    buckets: [1, 10, 100, 500, 1_000, 2_000, 5_000, 10_000],
    registers: [registry],
  });
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    committed({ durationMs, events }) {
      duration.observe(durationMs / 1000);
      size.observe(events);
    },
  };
}
