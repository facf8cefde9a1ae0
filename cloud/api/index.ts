export { type ApiOptions, createApi } from './api.ts';
export type { Redrive } from './dead-letters.ts';
export { closeApi, listen, requireFreePort } from './listen.ts';
export { requireLoopback } from './loopback.ts';
export { createWorkerApi, type WorkerApiOptions } from './worker-api.ts';
