import { isReversible } from './command.ts';
import type { Deployment } from './deployment.ts';
import type { Fact, Look } from './fact.ts';
import { ended, endOf, progress, tell } from './outbox.ts';
import type { Feedback, UpdaterState, Work } from './state.ts';
import { saidBySlots, trialOf } from './trial.ts';

/** The state after the server has offered something. */
export function offered(
  state: UpdaterState,
  { offer, running, here }: Extract<Fact, { readonly fact: 'offered' }>,
): UpdaterState {
  const { work, last } = state;
  const id = offer.ok ? offer.deployment.id : offer.id;
  if (work?.deployment.id === id)
    return offer.ok && isReversible(work) ? { ...state, work: refreshed(work, offer.deployment) } : state;
  if (last?.id === id) return state.outbox.some((each) => each.id === id) ? state : tell(state, endOf(last));
  if (work && !isReversible(work)) return state; // first this one comes to its end
  const fresh = { ...state, work: undefined };
  if (!offer.ok) return ended(fresh, id, 'failure', `This updater can't install it: ${offer.reason}`);
  const { deployment } = offer;
  if (deployment.version === running) return runsAlready(fresh, deployment, here);
  const begun = { deployment, stage: { at: 'downloading', fruitless: 0, anew: false } } as const;
  return progress({ ...fresh, work: begun }, id, 'download', `Downloading ${deployment.bytes} bytes.`);
}

/** What runs is one thing, and what the next start would take another. */
function runsAlready(state: UpdaterState, deployment: Deployment, here: Omit<Look, 'proof'> | undefined): UpdaterState {
  const { id } = deployment;
  const image = `${deployment.kind}/${deployment.version}`;
  const slot = here?.slots.current;
  if (!here || slot === undefined || here.slots.primary === slot)
    return ended(state, id, 'success', `${image} runs already.`);
  if (here.slots.trial !== slot) {
    const why = `${image} runs in slot ${slot}, and the next start would take slot ${here.slots.primary ?? 'none'}.`;
    return ended(state, id, 'failure', `${why}${saidBySlots(here.slots.reason)}`);
  }
  const found = { ...state, work: { deployment, stage: { at: 'trial', ...trialOf(slot, here, true) } } } as const;
  return progress(found, id, 'proceeding', `Found on trial in slot ${slot}.`);
}

/** The same deployment as the server tells it now: its windows open and close. */
function refreshed(work: Work, { mayDownload, mayInstall, path }: Deployment): Work {
  return { ...work, deployment: { ...work.deployment, mayDownload, mayInstall, path } };
}

/** The state after the server has asked to cancel the action `stopId`. */
export function cancelled(state: UpdaterState, id: string, stopId: string): UpdaterState {
  const { work, last } = state;
  const answer = (execution: Feedback['execution'], detail: string) =>
    state.outbox.some((each) => each.to === 'cancelAction' && each.id === id)
      ? state
      : tell(state, { to: 'cancelAction', id, execution, finished: 'success', details: [detail] });
  if (work?.deployment.id === stopId) {
    if (!isReversible(work)) return answer('rejected', 'It is being installed already.');
    const told = answer('closed', 'Nothing of it was installed.');
    return { ...told, work: undefined, last: { id: stopId, outcome: 'cancelled', detail: 'It was cancelled.' } };
  }
  if (last?.id === stopId && last.outcome !== 'cancelled') return answer('rejected', `It is over. ${last.detail}`);
  return answer('closed', 'It had not begun.');
}
