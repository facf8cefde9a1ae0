export type { Gate, GateLook, JudgedRollout } from './gate.ts';
export { type RolloutPlan, rolloutPlanSchema } from './plan.ts';
export { DEVICE_STATES, type DeviceState, ROLLOUT_STATES, type RolloutState } from './states.ts';
