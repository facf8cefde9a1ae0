export { Feeding, type FeedingOptions, type Look } from './feeding.ts';
export { type ProgressLimits, stallOf, type Vitals } from './progress.ts';
export { statusOf } from './status.ts';
export { type ServiceManager, serviceManager } from './systemd.ts';
export { tracked, Work, type WorkState } from './work.ts';
