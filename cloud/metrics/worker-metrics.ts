import { Counter, Histogram, type Registry } from 'prom-client';
import type { WorkerMetrics } from '../worker.ts';

/** What the worker of this process tells; the totals of all workers are in the store. */
export function registerWorkerMetrics(registry: Registry): WorkerMetrics {
  const registers = [registry];
  const duration = new Histogram({
    name: 'tashika_commit_duration_seconds',
    help: "Duration of this process's commits, from begin to the answer.",
    buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
    registers,
  });
  const size = new Histogram({
    name: 'tashika_commit_events',
    help: "Events in each of this process's commits.",
    buckets: [1, 10, 100, 500, 1_000, 2_000, 5_000, 10_000],
    registers,
  });
  const failures = new Counter({
    name: 'tashika_commit_failures_total',
    help: 'Commits that failed and were tried again: conflict, data or unavailable.',
    labelNames: ['fault'],
    registers,
  });
  const replacements = new Counter({
    name: 'tashika_reader_replacements_total',
    help: 'Connections to Event Hubs replaced because a partition stood still.',
    registers,
  });
  return {
    committed(progress, durationMs) {
      duration.observe(durationMs / 1000);
      size.observe(progress.reduce((events, { totals }) => events + totals.events, 0));
    },
    commitFailed: (fault) => failures.inc({ fault }),
    readerReplaced: () => replacements.inc(),
  };
}
