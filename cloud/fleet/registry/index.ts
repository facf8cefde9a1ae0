export { CHANNELS, type Channel } from './channels.ts';
export type { RegisteredImage } from './images.ts';
export { type ImportAnswer, ImportFault } from './import.ts';
export { ImageRegistry, type RegistryParts } from './registry.ts';
