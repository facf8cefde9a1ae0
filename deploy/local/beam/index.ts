export { type Beam, type BeamOptions, startBeam } from './beam.ts';
export { preSharedKeyOf } from './pre-shared-key.ts';
