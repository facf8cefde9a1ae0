export {
  type DeviceRound,
  type GateRound,
  SIGNALS,
  type SignalName,
  type SignalStanding,
  type Verdict,
} from './signal.ts';
