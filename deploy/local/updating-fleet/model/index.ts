export { type ClockQuality, type DeviceStep, ModelDevice } from './device.ts';
export { BOARDS, ModelFleet, type ModelFleetOptions } from './fleet.ts';
export { FIELD, type FieldHabits } from './habits.ts';
export { type BadImage, badImages, GOOD, type ImageEffect } from './image.ts';
export { type ModelRolloutOptions, type ModelRolloutOutcome, playRollout } from './rollout.ts';
export type { SharedOutage } from './shared-weather.ts';
