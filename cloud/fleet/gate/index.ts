export { type Judged, judge } from './judge.ts';
export { ledgerGate } from './look.ts';
export {
  endedRound,
  endOfRound,
  type Sampler,
  type SamplerParts,
  sampleRound,
  startSampler,
  trimSamples,
} from './sampler.ts';
export {
  type DeviceRound,
  type GateRound,
  type GateSettings,
  SIGNALS,
  type SignalName,
  type SignalStanding,
  type Verdict,
} from './signal.ts';
export { BLANK, type GateState } from './state.ts';
