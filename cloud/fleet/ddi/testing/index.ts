export { memoryBundles } from './memory-bundles.ts';
export { addAction, addFleetDevice, addImage } from './seed.ts';
