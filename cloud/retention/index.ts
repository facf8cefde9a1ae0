export { type Kind, trim } from './trim.ts';
export { startTrimmer, windowsKeptMs } from './trimmer.ts';
