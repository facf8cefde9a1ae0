/**
 * `draft` → (`awaiting-approval` →) `running` → `completed`; `paused` by a person or by the gate while nothing can be
 * judged; `halted` when a wave failed, then `rolling-back` → `rolled-back`; `aborted` by a person.
 */
export const ROLLOUT_STATES = [
  'draft',
  'awaiting-approval',
  'running',
  'paused',
  'halted',
  'rolling-back',
  'rolled-back',
  'completed',
  'aborted',
] as const;
export type RolloutState = (typeof ROLLOUT_STATES)[number];

/**
 * Of a device in a rollout: `waiting` for its wave → `offered` → `downloading` → `installing` → `rebooting` → `updated`
 * (its readings tell the new version) → `kept` (its wave has passed). It ends otherwise as `failed` (its updater says
 * so), `fell-back` (it came back with the former version), `vanished` (nothing for too long), or is `leaving`
 * (to be rolled back) → `rolled-back`. `skipped`: it had the version already, or was taken out of the rollout.
 */
export const DEVICE_STATES = [
  'waiting',
  'offered',
  'downloading',
  'installing',
  'rebooting',
  'updated',
  'kept',
  'failed',
  'fell-back',
  'vanished',
  'leaving',
  'rolled-back',
  'skipped',
] as const;
export type DeviceState = (typeof DEVICE_STATES)[number];

/** Offered the image and not done: what `mostInParallel` bounds. In the order in which a device goes through them. */
const UNDER_WAY: readonly DeviceState[] = ['offered', 'downloading', 'installing', 'rebooting'];

export function isUnderWay(state: DeviceState): boolean {
  return UNDER_WAY.includes(state);
}

/** Whether `to` is further on the way to the image than `from`. */
export function isFurther(to: DeviceState, from: DeviceState): boolean {
  return UNDER_WAY.indexOf(to) > UNDER_WAY.indexOf(from);
}

/** It did not come to the image, and that speaks against it. */
export function hasFailed(state: DeviceState): boolean {
  return state === 'failed' || state === 'fell-back' || state === 'vanished';
}

/** Nothing more is expected of it by itself. */
export function isSettled(state: DeviceState): boolean {
  return state !== 'waiting' && state !== 'leaving' && !isUnderWay(state);
}
