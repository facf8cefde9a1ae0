import { type Reason, type ReasonValues, reasonOf, told } from '../reason/index.ts';
import { cameAfterAll, fellBack, moveOf, tellsImage, timeoutOf } from './device-step.ts';
import type { DeviceStanding, Facts, Failing, Standing } from './standing.ts';
import { hasFailed, isUnderWay } from './states.ts';
import type { Mover, Stepping } from './stepping.ts';

const MOST_NAMED = 100;

/** Stops a rollout: nothing is offered any more, and what is open is taken back. */
export function halt(
  stepping: Stepping,
  by: Mover,
  { why, devices, ...failing }: Omit<Failing, 'haltedAt' | 'reason' | 'why'> & { readonly why: Reason },
): void {
  stepping.enter('halted', why, by, {
    failing: { ...failing, ...told(why), devices: devices.slice(0, MOST_NAMED), haltedAt: stepping.now },
    waveSince: null,
  });
  stopOffering(stepping, { code: 'halted-before-turn', values: {} });
}

/** Devices whose turn has not come are left out, and open actions are taken back. */
export function stopOffering(stepping: Stepping, why: Reason): void {
  for (const device of stepping.in('waiting')) stepping.move(device, 'skipped', why, 'rollout', why);
  takeBack(stepping);
}

function takeBack(stepping: Stepping): void {
  for (const device of stepping.devices)
    if (mayTakeBack(device) && (isUnderWay(device.state) || hasFailed(device.state) || device.state === 'skipped'))
      stepping.cancel(device);
}

/** Whether what it was offered is open, and its updater has not said that it can't stop any more. */
export function mayTakeBack({ action }: DeviceStanding): boolean {
  return action?.purpose === 'update' && action.state === 'open' && !action.insists;
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
      {
        code: 'rolling-back',
        values: { cause: causeOf(stepping.rollout), image, leaving: leaving.length, underWay: under.length },
      },
      'rollout',
    );
  for (const device of leaving) leave(stepping, device, facts, 'rolled-back');
  rollBack(stepping, facts);
}

/** Devices that have the image leave it, those on their way to it are waited for, until nothing more is expected. */
export function rollBack(stepping: Stepping, facts: Facts): void {
  for (const device of stepping.devices) {
    if (wasReimaged(device, stepping.rollout)) letGo(stepping, device);
    else if (device.state === 'leaving') watchLeaving(stepping, device);
    else if (isUnderWay(device.state)) watchUnderWay(stepping, device, facts);
    else if (cameAfterAll(device, stepping.rollout.version)) leaveAfterAll(stepping, device, facts);
    else if (device.state === 'vanished') offerToTheSilent(stepping, device, facts);
  }
  takeBack(stepping);
  if (stepping.devices.some(({ state }) => state === 'leaving' || isUnderWay(state))) return;
  const { version } = stepping.rollout;
  const kept = stepping.in('kept').length;
  const telling = stepping.devices.filter(({ state, told }) => state !== 'kept' && told?.version === version).length;
  const cause = causeOf(stepping.rollout);
  stepping.enter('rolled-back', { code: 'rolled-back', values: { cause, telling, kept } }, 'rollout', {
    endedAt: stepping.now,
  });
}

/** Offers to go back stay open when a rollout has ended: those of devices that somebody reimaged meanwhile are closed. */
export function closeOffersOfReimaged(stepping: Stepping): void {
  for (const device of stepping.devices) if (wasReimaged(device, stepping.rollout)) letGo(stepping, device);
}

/** Whether it tells, since it was offered to go back, neither the image nor what it had before: to go back would undo that. */
function wasReimaged({ state, action, told, previousVersion }: DeviceStanding, { version }: Standing): boolean {
  if (state === 'skipped' || action?.purpose !== 'rollback' || action.state !== 'open' || told === null) return false;
  return told.at > action.createdAt && told.version !== version && told.version !== previousVersion;
}

function letGo(stepping: Stepping, device: DeviceStanding): void {
  const values = { told: device.told!.version, version: stepping.rollout.version, former: device.previousVersion! };
  const why: Reason = { code: 'reimaged', values };
  stepping.move(device, 'skipped', why, 'device', why);
  stepping.cancel(device);
}

/** What halted it stays in sight. */
function causeOf({ failing, reason, why }: Standing): Reason | null {
  return failing ? reasonOf(failing.why, failing.reason) : reasonOf(why, reason);
}

/** A device with the image is offered what it had before; where there is no such thing, it is said. */
function leave(
  stepping: Stepping,
  device: DeviceStanding,
  facts: Facts,
  because: ReasonValues['leaving']['because'],
): void {
  const noWayBack = canRollBack(device, facts) ? null : { former: device.previousVersion };
  const kept = noWayBack && ({ code: 'no-way-back', values: noWayBack } as const);
  stepping.move(device, 'leaving', { code: 'leaving', values: { because, noWayBack } }, 'rollout', kept);
  if (noWayBack === null) stepping.offer(device, 'rollback', device.previousVersion!);
}

/** One that was given up and has the image: it leaves it if it can, and is shown if not. */
function leaveAfterAll(stepping: Stepping, device: DeviceStanding, facts: Facts): void {
  const because = 'tells-after-all';
  if (canRollBack(device, facts)) leave(stepping, device, facts, because);
  else if (device.state !== 'failed') {
    const noWayBack = { former: device.previousVersion };
    const why: Reason = { code: 'leaving', values: { because, noWayBack } };
    stepping.move(device, 'failed', why, 'device', why);
  }
}

function canRollBack({ previousVersion }: DeviceStanding, { offerable }: Facts): boolean {
  return previousVersion !== null && offerable.has(previousVersion);
}

function watchLeaving(stepping: Stepping, device: DeviceStanding): void {
  const { action, since, told, detail, why } = device;
  const { version, plan } = stepping.rollout;
  if (fellBack(device, version, since)) {
    stepping.move(device, 'rolled-back', { code: 'tells-version', values: { version: told!.version } }, 'device');
  } else if (action?.purpose === 'rollback' && action.state === 'closed' && action.outcome !== 'success') {
    const { outcome, detail: words, givenUp } = action;
    const said: Reason = givenUp
      ? { code: 'rollback-given-up', values: { why: givenUp } }
      : { code: 'rollback-refused', values: { said: outcome ?? 'nothing', words } };
    stepping.move(device, 'failed', said, 'device', said);
  } else if (stepping.now - Math.max(since, stepping.rollout.since) >= timeoutOf(plan)) {
    const tells = told !== null && told.version === version && told.at > since;
    const whole: Reason = {
      code: 'rollback-timed-out',
      values: {
        minutes: plan.deviceTimeoutMinutes,
        telling: tells ? version : null,
        before: reasonOf(why, detail),
      },
    };
    stepping.move(device, tells ? 'failed' : 'vanished', whole, 'rollout', whole);
  }
}

function watchUnderWay(stepping: Stepping, device: DeviceStanding, facts: Facts): void {
  const { action } = device;
  const { rollout, now } = stepping;
  if (tellsImage(device, rollout.version)) leave(stepping, device, facts, 'tells');
  else if (action?.state === 'closed' && action.outcome === 'success') leave(stepping, device, facts, 'installed');
  else {
    const move = moveOf(device, rollout, now);
    if (!move) return;
    stepping.move(device, move.to, move.why, move.by, move.kept ? move.why : null);
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
      stepping.move(device, 'kept', { code: 'installed-already', values: {} }, 'device');
    else {
      const move = moveOf(device, rollout, now);
      if (move) stepping.move(device, move.to, move.why, move.by, move.kept ? move.why : null);
    }
  }
  takeBack(stepping);
  if (!stepping.devices.some(({ state }) => isUnderWay(state))) stepping.note({ endedAt: now });
}
