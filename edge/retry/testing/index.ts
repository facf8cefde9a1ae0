export { type FleetReturn, playFleetReturn, type ReturnCurve } from './fleet-return.ts';
