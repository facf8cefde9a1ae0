export { askMetadata, type MetadataOptions } from './metadata.ts';
export { RegionFinder, type RegionOptions } from './region.ts';
