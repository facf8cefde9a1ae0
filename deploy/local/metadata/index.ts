export { type Metadata, type MetadataOptions, startMetadata } from './metadata.ts';
