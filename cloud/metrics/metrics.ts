import type { Clock, Duration } from '@tashika/shared/time';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { RegionCompleteness } from '../ledger/index.ts';
import type { SecretsReport } from '../secrets/index.ts';
import type { Store } from '../store/index.ts';
import type { WorkerMetrics } from '../worker.ts';
import { registerCompletenessMetrics } from './completeness-metrics.ts';
import { registerFleetMetrics } from './fleet-metrics.ts';
import { registerSecretsMetrics } from './secrets-metrics.ts';
import { registerStoreMetrics } from './store-metrics.ts';
import { registerWatchMetrics } from './watch-metrics.ts';
import { registerWorkerMetrics } from './worker-metrics.ts';

/** The metrics of this process, in Prometheus' text format. */
export interface Metrics {
  readonly contentType: string;
  text(): Promise<string>;
  /** What this process's worker tells of itself. */
  readonly worker: WorkerMetrics;
}

/** The process's own figures, its worker's, and what the store says of all workers. */
export function createMetrics({
  store,
  clock,
  completeness,
  stalledAfterMs,
  secrets = () => undefined,
}: {
  store: Store;
  clock: Clock;
  completeness: () => Promise<RegionCompleteness>;
  /** A partition that has events and commits none for this long stands still. */
  stalledAfterMs: Duration;
  /** How the secrets stand; undefined where they come from the environment. */
  secrets?: (() => SecretsReport | undefined) | undefined;
}): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  registerStoreMetrics(registry, store, clock);
  registerCompletenessMetrics(registry, completeness);
  registerWatchMetrics(registry, store, stalledAfterMs);
  registerSecretsMetrics(registry, secrets);
  registerFleetMetrics(registry, store);
  const worker = registerWorkerMetrics(registry);
  return { contentType: registry.contentType, text: () => registry.metrics(), worker };
}
