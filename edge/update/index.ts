export { openUpdater, raucInstallers } from './open.ts';
export { type RunOptions, runUpdater } from './run.ts';
