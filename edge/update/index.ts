export { askServer, rememberedIn } from './look.ts';
export { openUpdater, raucInstallers } from './open.ts';
export { type RunOptions, runUpdater } from './run.ts';
