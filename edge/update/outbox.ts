import type { Ended, Feedback, UpdaterState } from './state.ts';

const MOST_FEEDBACK = 40;
const MOST_DETAIL = 500;

/** It is over. */
export function ended(state: UpdaterState, id: string, outcome: 'success' | 'failure', detail: string): UpdaterState {
  const last: Ended = { id, outcome, detail: detail.slice(0, MOST_DETAIL) };
  return tell({ ...state, work: undefined, last }, endOf(last));
}

/** What the server hears of an action that is over, however often it asks. */
export function endOf({ id, outcome, detail }: Ended): Feedback {
  if (outcome === 'cancelled')
    return { to: 'deploymentBase', id, execution: 'canceled', finished: 'none', details: [detail] };
  return { to: 'deploymentBase', id, execution: 'closed', finished: outcome, details: [detail] };
}

/** The same work, of which the server is to hear something. */
export function progress(
  state: UpdaterState,
  id: string,
  execution: Feedback['execution'],
  detail: string,
): UpdaterState {
  return tell(state, { to: 'deploymentBase', id, execution, finished: 'none', details: [detail] });
}

/** Progress that could not be told yet gives way to what came after it; an end never does. */
export function tell(state: UpdaterState, feedback: Feedback): UpdaterState {
  const kept = state.outbox.filter(
    ({ to, id, finished }) => !(to === 'deploymentBase' && id === feedback.id && finished === 'none'),
  );
  return { ...state, outbox: [...kept, feedback].slice(-MOST_FEEDBACK) };
}
