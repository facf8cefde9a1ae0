export {
  formatImageName,
  IMAGE_KINDS,
  type ImageKind,
  type ImageName,
  type ImageRecord,
  imageRecordSchema,
  parseImageName,
  VERSION_PATTERN,
} from './record.ts';
