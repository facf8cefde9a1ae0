export { askMetadata, type MetadataOptions } from './metadata.ts';
