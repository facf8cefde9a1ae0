export { imageVersion } from './image-file.ts';
