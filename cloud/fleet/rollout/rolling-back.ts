import { cameAfterAll, fellBack, moveOf, tellsImage, timeoutOf } from './device-step.ts';
import type { DeviceStanding, Facts, Failing, Standing } from './standing.ts';
import { hasFailed, isUnderWay } from './states.ts';
import type { Mover, Stepping } from './stepping.ts';
import { devicesOf } from './waves.ts';

const MOST_NAMED = 100;

/** Stops a rollout: nothing is offered any more, and what is open is taken back. */
export function halt(stepping: Stepping, by: Mover, failing: Failing): void {
  stepping.enter('halted', failing.reason, by, {
    failing: { ...failing, devices: failing.devices.slice(0, MOST_NAMED) },
    waveSince: null,
  });
  stopOffering(stepping, 'the rollout was halted before its turn');
}

/** Devices whose turn has not come are left out, and open actions are taken back. */
export function stopOffering(stepping: Stepping, reason: string): void {
  for (const device of stepping.in('waiting')) stepping.move(device, 'skipped', reason, 'rollout', reason);
  takeBack(stepping);
}

function takeBack(stepping: Stepping): void {
  for (const device of stepping.devices)
    if (mayTakeBack(device) && (isUnderWay(device.state) || hasFailed(device.state) || device.state === 'skipped'))
      stepping.cancel(device);
}

/** Whether what it was offered is open, and its updater has not said that it can't stop any more. */
export function mayTakeBack({ action }: DeviceStanding): boolean {
  return action?.purpose === 'update' && action.state === 'open' && action.progress !== 'rejected';
}

/**
 * From `halted`: who has the image is to leave it. What its readings say speaks against the image wherever it is, so
 * devices of waves that had passed leave it too; failed installations say nothing of those that run.
 */
export function startRollingBack(stepping: Stepping, facts: Facts): void {
  const { failing, image } = stepping.rollout;
  const leaving = failing?.signal === 'installation' ? stepping.in('updated') : stepping.in('updated', 'kept');
  const under = stepping.devices.filter(({ state }) => isUnderWay(state));
  if (leaving.length + under.length > 0)
    stepping.enter(
      'rolling-back',
      because(
        stepping.rollout,
        `${image} is on ${devicesOf(leaving.length)} that leave it, and ${devicesOf(under.length)} ${under.length === 1 ? 'was' : 'were'} on the way to it`,
      ),
      'rollout',
    );
  for (const device of leaving) leave(stepping, device, facts, 'the image is rolled back');
  rollBack(stepping, facts);
}

/** Devices that have the image leave it, those on their way to it are waited for, until nothing more is expected. */
export function rollBack(stepping: Stepping, facts: Facts): void {
  for (const device of stepping.devices) {
    if (device.state === 'leaving') watchLeaving(stepping, device);
    else if (isUnderWay(device.state)) watchUnderWay(stepping, device, facts);
    else if (cameAfterAll(device, stepping.rollout.version)) leaveAfterAll(stepping, device, facts);
    else if (device.state === 'vanished') offerToTheSilent(stepping, device, facts);
  }
  takeBack(stepping);
  if (stepping.devices.some(({ state }) => state === 'leaving' || isUnderWay(state))) return;
  const { version } = stepping.rollout;
  const kept = stepping.in('kept').length;
  const left = stepping.devices.filter(({ state, told }) => state !== 'kept' && told?.version === version).length;
  const others = kept > 0 ? `, but for ${devicesOf(kept)} of waves that had passed` : '';
  const ending =
    left > 0
      ? `${devicesOf(left)} still ${left === 1 ? 'tells' : 'tell'} the image${others}: see what each says`
      : `no device tells the image any more${others}`;
  stepping.enter('rolled-back', because(stepping.rollout, ending), 'rollout', { endedAt: stepping.now });
}

/** What halted it stays in sight. */
function because({ failing, reason }: Standing, state: string): string {
  return `${(failing?.reason ?? reason ?? '').replace(/\.$/, '')}; ${state}`;
}

/** A device with the image is offered what it had before; where there is no such thing, it is said. */
function leave(stepping: Stepping, device: DeviceStanding, facts: Facts, reason: string): void {
  const detail = canRollBack(device, facts) ? null : noWayBack(device);
  stepping.move(device, 'leaving', detail ? `${reason}; ${detail}` : reason, 'rollout', detail);
  if (detail === null) stepping.offer(device, 'rollback', device.previousVersion!);
}

/** One that was given up and has the image: it leaves it if it can, and is shown if not. */
function leaveAfterAll(stepping: Stepping, device: DeviceStanding, facts: Facts): void {
  const reason = 'its readings tell the image after all';
  if (canRollBack(device, facts)) leave(stepping, device, facts, reason);
  else if (device.state !== 'failed') {
    const detail = `${reason}; ${noWayBack(device)}`;
    stepping.move(device, 'failed', detail, 'device', detail);
  }
}

function canRollBack({ previousVersion }: DeviceStanding, { offerable }: Facts): boolean {
  return previousVersion !== null && offerable.has(previousVersion);
}

function noWayBack({ previousVersion }: DeviceStanding): string {
  return previousVersion === null
    ? 'what it had before is not known: only its own slot can bring it back'
    : `${previousVersion}, which it had before, is not in the registry or is revoked: only its own slot can bring it back`;
}

function watchLeaving(stepping: Stepping, device: DeviceStanding): void {
  const { action, since, told, detail } = device;
  const { version, plan } = stepping.rollout;
  if (fellBack(device, version, since)) {
    stepping.move(device, 'rolled-back', `its readings tell ${told!.version}`, 'device');
  } else if (action?.purpose === 'rollback' && action.state === 'closed' && action.outcome !== 'success') {
    const words = action.detail ? `: ${action.detail}` : '';
    const said = `it could not be rolled back: its updater says ${action.outcome}${words}`;
    stepping.move(device, 'failed', said, 'device', said);
  } else if (stepping.now - Math.max(since, stepping.rollout.since) >= timeoutOf(plan)) {
    const tells = told !== null && told.version === version && told.at > since;
    const said = `${tells ? `it still tells ${version}` : 'nothing was heard of it'} ${plan.deviceTimeoutMinutes} minutes after it was to be rolled back`;
    const whole = detail ? `${said}; ${detail}` : said;
    stepping.move(device, tells ? 'failed' : 'vanished', whole, 'rollout', whole);
  }
}

function watchUnderWay(stepping: Stepping, device: DeviceStanding, facts: Facts): void {
  const { action } = device;
  const { rollout, now } = stepping;
  if (tellsImage(device, rollout.version)) leave(stepping, device, facts, 'its readings tell the image');
  else if (action?.state === 'closed' && action.outcome === 'success')
    leave(stepping, device, facts, 'its updater has installed the image');
  else {
    const move = moveOf(device, rollout, now);
    if (!move) return;
    stepping.move(device, move.to, move.reason, move.by, move.kept ? move.reason : null);
    if (move.to === 'vanished') offerToTheSilent(stepping, device, facts);
  }
}

/** A silent device may have the image; whenever it asks again, it is told to go back. */
function offerToTheSilent(stepping: Stepping, device: DeviceStanding, facts: Facts): void {
  const { action, previousVersion } = device;
  if (action?.purpose !== 'update' || action.fetchedAt === null || !canRollBack(device, facts)) return;
  if (action.state === 'closed' && action.outcome !== 'success') return;
  stepping.offer(device, 'rollback', previousVersion!);
}

/** After an abort that leaves devices as they are: those on their way are waited for. */
export function endAborted(stepping: Stepping): void {
  const { rollout, now } = stepping;
  for (const device of stepping.devices) {
    if (!isUnderWay(device.state) && !cameAfterAll(device, rollout.version)) continue;
    if (tellsImage(device, rollout.version))
      stepping.move(device, 'kept', 'it had installed the image already', 'device');
    else {
      const move = moveOf(device, rollout, now);
      if (move) stepping.move(device, move.to, move.reason, move.by, move.kept ? move.reason : null);
    }
  }
  takeBack(stepping);
  if (!stepping.devices.some(({ state }) => isUnderWay(state))) stepping.note({ endedAt: now });
}
