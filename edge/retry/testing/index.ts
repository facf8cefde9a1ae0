export { type FleetReturn, playFleetReturn, type ReturnCurve, USUAL_FLEET } from './fleet-return.ts';
