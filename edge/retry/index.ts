export { doublingDelays, jitteredDelays, type RetryPolicy } from './delays.ts';
