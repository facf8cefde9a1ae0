import type { Limits, Look } from './fact.ts';
import type { Slots } from './installer.ts';
import { ended } from './outbox.ts';
import type { Stage, Trial, UpdaterState, Work } from './state.ts';

/** A machine that starts again and again on a new system is no better than one that does not start. */
const MOST_BOOTS = 5;

/** A trial that begins now. */
export function trialOf(slot: string, { now, starts }: Pick<Look, 'now' | 'starts'>, found: boolean): Trial {
  return {
    ...{ slot, bootId: now.bootId, since: now.monotonic, boots: 1, startsBefore: starts },
    ...(found && { found }),
    ...{ ran: false, stored: false },
  };
}

/** The state after a look at an image on trial. */
export function tried(
  state: UpdaterState,
  { deployment }: Work,
  stage: Extract<Stage, { readonly at: 'trial' }>,
  look: Look,
  { trialMs }: Limits,
): UpdaterState {
  const { now, slots, proof, starts } = look;
  const sameBoot = stage.bootId === now.bootId;
  const next = {
    ...stage,
    // In another boot it has been on trial from the first moment on.
    ...(!sameBoot && { bootId: now.bootId, since: 0, boots: stage.boots + 1 }),
    ran: stage.ran || proof !== undefined,
    stored: stage.stored || proof?.stored === true,
  };
  const at = (then: Stage) => ({ ...state, work: { deployment, stage: then } });
  const runs = slots.current === stage.slot;
  if (slots.trial !== stage.slot && !runs) {
    const how = next.boots > 1 ? 'The machine fell back when it started' : 'The device fell back';
    return ended(state, deployment.id, 'failure', `${how}: ${whyNot(next, starts)}${saidBySlots(slots.reason)}`);
  }
  if (runs && proof?.stored && proof.answered) return at({ ...next, at: 'confirming', tries: 0 });
  const tookMs = now.monotonic - next.since;
  if (next.boots > MOST_BOOTS)
    return at({
      ...next,
      at: 'falling-back',
      reason: `The machine started ${next.boots} times while it was on trial.`,
    });
  if (tookMs >= trialMs) {
    const reason = `After ${Math.round(tookMs / 1_000)} s on trial it was given up: ${whyNot(next, starts)}`;
    return at({ ...next, at: 'falling-back', reason });
  }
  const isNews = !sameBoot || next.ran !== stage.ran || next.stored !== stage.stored;
  return isNews ? at(next) : state;
}

/** The state after a look at slots that are to fall back. */
export function fellBack(
  state: UpdaterState,
  { deployment: { id } }: Work,
  { slot, reason }: Extract<Stage, { readonly at: 'falling-back' }>,
  slots: Slots,
): UpdaterState {
  if (slots.trial === slot) return state; // on its way
  // A confirmation whose answer did not come, or somebody else's: there is nothing to fall back to.
  if (slots.primary === slot) return ended(state, id, 'success', `Slot ${slot} is confirmed, though: ${reason}`);
  return ended(state, id, 'failure', reason);
}

/** What kept a new agent from being confirmed, as far as was seen. */
function whyNot({ ran, stored, startsBefore, found }: Trial, starts: number): string {
  const often = starts - startsBefore;
  const crashed = often > 1 ? ` It started ${often} times.` : '';
  if (stored) return `it never had a post answered.${crashed}`;
  if (ran || often > 0) return `it never stored a reading.${crashed}`;
  return found ? 'no updater has seen its agent.' : 'it never came up.';
}

/** What the slots say, as an end to a sentence of why. */
export function saidBySlots(reason: string | undefined): string {
  return reason === undefined || reason === '' ? '' : ` The slots say: ${reason}.`;
}
