export { SteppedElsewhere } from './apply.ts';
export { type Coordinator, type CoordinatorParts, startCoordinator, stepAll, stepRollout } from './coordinator.ts';
export type { Gate, GateLook, JudgedRollout } from './gate.ts';
export { ORDERS, type Order, type OrderName } from './orders.ts';
export { type RolloutPlan, rolloutPlanSchema } from './plan.ts';
export { orderRollout, type PlanningParts, planRollout } from './plans.ts';
export { readPlan, readPlanText } from './read-plan.ts';
export { isRollout, type KeptRollout, type ListedRollout, readRollout, readRollouts, versionReading } from './rows.ts';
export { readSetbacks, type Setback } from './setbacks.ts';
export { DEVICE_STATES, type DeviceState, ROLLOUT_STATES, type RolloutState } from './states.ts';
export { soakUntil } from './step.ts';
export {
  ByRevision,
  type Count,
  type Crowd,
  type KeptEntry,
  readAudit,
  readCrowds,
  readHistory,
  readSignals,
  readTallies,
  readVersions,
  type Tally,
  WAVE_STATES,
  waveStateOf,
} from './view.ts';
export { orderOfOffers } from './waves.ts';
