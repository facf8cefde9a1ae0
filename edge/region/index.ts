export { RegionFinder, type RegionOptions } from './region.ts';
export { askTag } from './tag.ts';
