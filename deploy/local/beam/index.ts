export { type Beam, type BeamOptions, startBeam } from './beam.ts';
export { type BeamMqttOptions, startBeamMqtt } from './mqtt-entry.ts';
export { preSharedKeyOf } from './pre-shared-key.ts';
