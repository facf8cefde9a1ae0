export { LineFile } from './line-file.ts';
