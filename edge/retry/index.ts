export { doublingDelays, jitteredDelays, type RetryPolicy } from './delays.ts';
export { type ReplayPolicy, restAfterReplay } from './replay.ts';
