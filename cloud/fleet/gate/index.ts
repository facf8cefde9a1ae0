export { type Judged, judge } from './judge.ts';
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
