import { type Reason, reasonOf, told } from '../reason/index.ts';
import { moveOf } from './device-step.ts';
import { failuresOf } from './failures.ts';
import { closeOffersOfReimaged, endAborted, halt, mayTakeBack, rollBack, startRollingBack } from './rolling-back.ts';
import type { Facts, Standing, Step } from './standing.ts';
import { hasFailed, isSettled, isUnderWay } from './states.ts';
import { Stepping } from './stepping.ts';

/**
 * What follows from facts for a rollout that has started and not ended. It does nothing itself, and the same facts told
 * again come to no step.
 *
 * @param now Unix milliseconds
 */
export function step(rollout: Standing, facts: Facts, now: number): Step {
  const stepping = new Stepping(rollout, facts, now);
  if (rollout.endedAt !== null) return stepping.done();
  const { look } = facts;
  if (look) stepping.note({ verdict: { at: look.at, verdict: look.verdict }, waveSince: soakPutOff(rollout, look.at) });
  switch (rollout.state) {
    case 'running':
    case 'paused':
      goOn(stepping, facts);
      break;
    case 'halted':
      startRollingBack(stepping, facts);
      break;
    case 'rolling-back':
      rollBack(stepping, facts);
      break;
    case 'aborted':
      endAborted(stepping);
      break;
    default:
      break;
  }
  return stepping.done();
}

/** What follows for a rollout that has ended. @param now Unix milliseconds */
export function stepAfterwards(rollout: Standing, { devices }: Pick<Facts, 'devices'>, now: number): Step {
  const stepping = new Stepping(rollout, { devices }, now);
  closeOffersOfReimaged(stepping);
  return stepping.done();
}

function goOn(stepping: Stepping, facts: Facts): void {
  moveDevices(stepping);
  if (haltWhereItMust(stepping, facts)) return;
  judgeability(stepping);
  soak(stepping);
  if (stepping.rollout.state !== 'running') return;
  pass(stepping);
  if (stepping.rollout.state === 'running') offer(stepping);
}

function moveDevices(stepping: Stepping): void {
  for (const device of stepping.devices) {
    const move = moveOf(device, stepping.rollout, stepping.now);
    if (move) stepping.move(device, move.to, move.why, move.by, move.kept ? move.why : null);
    // Where one is given up, what it was offered is taken back, so that it does not come to the image unwatched.
    if (hasFailed(move?.to ?? device.state) && mayTakeBack(device)) stepping.cancel(device);
  }
}

/** True where it halted. */
function haltWhereItMust(stepping: Stepping, { revoked, look }: Facts): boolean {
  const { rollout, now } = stepping;
  if (revoked !== null) {
    const why: Reason = { code: 'revoked', values: { image: rollout.image, words: revoked } };
    halt(stepping, 'rollout', { signal: null, since: now, devices: [], why });
    return true;
  }
  if (look?.verdict.verdict === 'bad') {
    const { signal, devices } = look.verdict;
    const since = look.signals.find((each) => each.signal === signal)?.since ?? look.at;
    halt(stepping, 'gate', { signal, since, devices, why: whyOf(look.verdict) });
    return true;
  }
  const failures = failuresOf(rollout, stepping.devices);
  if (!failures) return false;
  halt(stepping, 'rollout', { signal: 'installation', since: now, ...failures });
  return true;
}

/** While nothing can be judged nothing is offered; it goes on by itself. What a person paused waits for a person. */
function judgeability(stepping: Stepping): void {
  const { state, pausedBy, verdict } = stepping.rollout;
  if (!verdict) return;
  const { verdict: last } = verdict;
  if (last.verdict === 'unjudgeable' && state === 'running')
    stepping.enter('paused', whyOf(last), 'gate', { pausedBy: 'gate' });
  if (last.verdict !== 'unjudgeable' && state === 'paused' && pausedBy === 'gate')
    stepping.enter('running', { code: 'judgeable-again', values: {} }, 'gate');
}

/** What an older gate said has no more than its sentence. */
function whyOf({ why, reason }: { readonly why?: Reason | undefined; readonly reason: string }): Reason {
  return reasonOf(why, reason)!;
}

function soak(stepping: Stepping): void {
  const { wave, waveSince, plan } = stepping.rollout;
  if (waveSince !== null || !stepping.devices.every((each) => each.wave > wave || isSettled(each.state))) return;
  stepping.note({ waveSince: stepping.now });
  stepping.tell('soaking', { code: 'soaking', values: { wave, minutes: plan.soakMinutes } }, 'rollout');
}

/**
 * What was not watched is no soak, whoever has paused meanwhile: from a round that could not be judged to the next look.
 *
 * @param lookedAt the end of the round that is looked at now
 */
function soakPutOff({ waveSince, verdict }: Standing, lookedAt: number): number | null {
  if (waveSince === null || verdict?.verdict.verdict !== 'unjudgeable') return waveSince;
  return waveSince + Math.max(0, lookedAt - Math.max(verdict.at, waveSince));
}

/** When a wave that has been updated has been watched long enough; null before it is. */
export function soakUntil({ waveSince, plan }: Pick<Standing, 'waveSince' | 'plan'>): number | null {
  return waveSince === null ? null : waveSince + plan.soakMinutes * 60_000;
}

/**
 * Whether nothing can follow before the gate has looked again or the soak is over, so that the devices need not be read:
 * those of the wave are done, and whether it is paused is as the gate said last.
 */
export function isQuiet({ state, pausedBy, verdict, ...rollout }: Standing, now: number): boolean {
  const until = soakUntil(rollout);
  if (until === null || now >= until) return false;
  const unjudgeable = verdict?.verdict.verdict === 'unjudgeable';
  return state === 'paused' ? pausedBy !== 'gate' || unjudgeable : state === 'running' && !unjudgeable;
}

function pass(stepping: Stepping): void {
  const { rollout, now } = stepping;
  const { wave, plan, verdict } = rollout;
  if (stepping.devices.every((each) => each.wave !== wave || each.state === 'skipped')) {
    passed(stepping, { code: 'wave-empty', values: { wave } });
    return;
  }
  const until = soakUntil(rollout);
  if (until === null || now < until) return;
  const heard = stepping.in('updated', 'kept').length;
  if (heard < plan.gate.leastDevices)
    wait(stepping, { code: 'too-few-heard', values: { wave, least: plan.gate.leastDevices } });
  // A verdict of before the end of the soak has not seen all of it.
  else if (!verdict || verdict.at < until || verdict.verdict.verdict !== 'good')
    wait(stepping, { code: 'not-called-good', values: { wave } });
  else passed(stepping, { code: 'wave-passed', values: { wave, of: plan.waves.length, devices: heard } });
}

function passed(stepping: Stepping, why: Reason): void {
  const { wave, plan } = stepping.rollout;
  for (const device of stepping.in('updated'))
    stepping.move(device, 'kept', { code: 'its-wave-passed', values: { wave } }, 'rollout');
  stepping.tell('wave-passed', why, 'gate');
  if (wave < plan.waves.length) stepping.note({ wave: wave + 1, waveSince: null, ...told(why) });
  else stepping.enter('completed', why, 'rollout', { endedAt: stepping.now, waveSince: null });
}

/** Says once what a wave waits for. */
function wait(stepping: Stepping, why: Reason): void {
  const said = told(why);
  if (stepping.rollout.reason === said.reason) return;
  stepping.note(said);
  stepping.tell('waits', why, 'rollout');
}

function offer(stepping: Stepping): void {
  const { wave, version, plan } = stepping.rollout;
  const { devices } = stepping;
  const free = plan.mostInParallel - devices.filter(({ state }) => isUnderWay(state)).length;
  const next = devices.filter((each) => each.state === 'waiting' && each.wave <= wave).slice(0, Math.max(0, free));
  for (const device of next) {
    stepping.move(device, 'offered', { code: 'its-wave', values: { wave: device.wave } }, 'rollout');
    stepping.offer(device, 'update', version);
  }
}
