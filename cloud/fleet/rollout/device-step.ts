import type { Duration, Timestamp } from '@tashika/shared/time';
import type { Reason } from '../reason/index.ts';
import type { ActionFact, DeviceStanding, Standing } from './standing.ts';
import { type DeviceState, hasFailed, isFurther, isUnderWay } from './states.ts';

/**
 * A reading that an agent took before its reboot, and after its updater had told of success, tells the former version
 * of a device that is on its way: that long, it says nothing.
 */
const REBOOT_MS: Duration = 600_000;

/** Where a device goes, and why. */
export interface DeviceMove {
  readonly to: DeviceState;
  readonly why: Reason;
  /** Who says so: `device` itself, or the rollout. */
  readonly by: 'device' | 'rollout';
  /** Whether the reason stays with the device, for whoever asks what became of it. */
  readonly kept?: boolean;
}

const SIM_LOST: Reason = { code: 'sim-lost', values: {} };

type Context = Pick<Standing, 'version' | 'plan' | 'state' | 'since'>;

/**
 * What the facts say of a device that is to get the image; undefined where it stays as it is. A version counts as told
 * only by a reading, taken after the offer: what an updater says of success never makes a device updated.
 */
export function moveOf(device: DeviceStanding, rollout: Context, now: Timestamp): DeviceMove | undefined {
  const { state, action, told } = device;
  const { version } = rollout;
  if (state === 'waiting')
    return told?.version === version
      ? { to: 'skipped', by: 'device', kept: true, why: { code: 'had-it-before', values: { version } } }
      : undefined;
  if (!action) return undefined;
  if (isUnderWay(state)) {
    if (tellsImage(device, version))
      return { to: 'updated', by: 'device', why: { code: 'tells-version', values: { version } } };
    return ofAction(device, action, rollout, now);
  }
  // The reading that told of it may have been the next holder's of its SIM, before that one's updater had asked.
  if (state === 'updated' && !device.hasSim) return { to: 'vanished', by: 'rollout', kept: true, why: SIM_LOST };
  if ((state === 'updated' || state === 'kept') && fellBack(device, version, device.updatedAt ?? device.since))
    return {
      to: 'fell-back',
      by: 'device',
      kept: true,
      why:
        action.outcome === 'failure'
          ? wordsOf(action)
          : { code: 'tells-former-again', values: { told: told!.version, version } },
    };
  if (cameAfterAll(device, version))
    return { to: 'updated', by: 'device', why: { code: 'tells-after-all', values: { version, state } } };
  return undefined;
}

/** Whether a device that was given up tells the image: the readings are believed, not who gave it up. */
export function cameAfterAll(device: DeviceStanding, version: string): boolean {
  const { state, action, told, since } = device;
  if (action?.purpose !== 'update' || !tellsImage(device, version)) return false;
  return state === 'fell-back' ? told!.at > since : hasFailed(state) || state === 'skipped';
}

/** Whether its readings tell the image, taken after it was offered. */
export function tellsImage({ told, action }: DeviceStanding, version: string): boolean {
  return told !== null && action !== null && told.version === version && told.at >= action.createdAt;
}

/** Whether its readings tell another version, taken after `since`. */
export function fellBack({ told }: DeviceStanding, version: string, since: Timestamp): boolean {
  return told !== null && told.version !== version && told.at > since;
}

function ofAction(
  device: DeviceStanding,
  action: ActionFact,
  rollout: Context,
  now: Timestamp,
): DeviceMove | undefined {
  const { state, told, since } = device;
  if (state === 'rebooting' && fellBack(device, rollout.version, since + REBOOT_MS))
    return {
      to: 'fell-back',
      by: 'device',
      kept: true,
      why: { code: 'tells-former-since-install', values: { told: told!.version } },
    };
  if (action.state === 'closed' && action.outcome !== 'success') return ofRefusal(device, action, rollout);
  const next = progressOf(action);
  if (next && isFurther(next, state)) return { to: next, by: 'device', why: wordsOf(action) };
  return timeOut(device, action, rollout, now);
}

function ofRefusal({ state }: DeviceStanding, action: ActionFact, rollout: Context): DeviceMove {
  const goesOn = rollout.state === 'running' || rollout.state === 'paused';
  if (action.outcome === 'cancelled' && !goesOn)
    return { to: 'skipped', by: 'device', kept: true, why: { code: 'taken-back', values: {} } };
  const to = state === 'rebooting' || action.rebooted ? 'fell-back' : 'failed';
  return { to, by: 'device', kept: true, why: wordsOf(action) };
}

/**
 * Silence is failure; but while a rollout is paused nobody is judged, and when it goes on everybody has the whole time
 * again.
 */
function timeOut(
  { state }: DeviceStanding,
  action: ActionFact,
  { plan, state: rolloutState, since }: Context,
  now: Timestamp,
): DeviceMove | undefined {
  if (rolloutState === 'paused' || now - Math.max(action.createdAt, since) < timeoutOf(plan)) return undefined;
  const lastState = action.fetchedAt === null ? null : state;
  return {
    to: 'vanished',
    by: 'rollout',
    kept: true,
    why: { code: 'timed-out', values: { minutes: plan.deviceTimeoutMinutes, lastState } },
  };
}

export function timeoutOf({ deviceTimeoutMinutes }: Standing['plan']): Duration {
  return deviceTimeoutMinutes * 60_000;
}

/** How far an updater says that it is. Success is told before the reboot, so it stands for no more than that. */
function progressOf({ progress, outcome, rebooted }: ActionFact): DeviceState | undefined {
  if (outcome === 'success' || rebooted) return 'rebooting';
  if (progress === 'download') return 'downloading';
  if (progress === 'downloaded' || progress === 'proceeding') return 'installing';
  return undefined;
}

function wordsOf({ progress, outcome, detail, givenUp }: ActionFact): Reason {
  return givenUp ?? { code: 'updater-says', values: { said: outcome ?? progress ?? 'nothing', words: detail } };
}
