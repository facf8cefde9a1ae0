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
