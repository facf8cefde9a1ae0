export { type Fingerprint, fingerprintIn, fingerprintOf } from './fingerprint.ts';
