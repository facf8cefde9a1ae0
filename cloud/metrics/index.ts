export { createMetrics, type Metrics, type WorkerMetrics } from './metrics.ts';
