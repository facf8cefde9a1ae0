import type { Rollout } from '../../model/fleet-contract.ts';
import { toneOf } from '../../model/rollout.ts';
import { text } from '../../page/preferences.ts';

/** A sign for each state, so that it is told by shape as well as by colour and word. */
const PATHS: Readonly<Record<Rollout['state'], string>> = {
  draft: 'M3 3h10v10H3z M5.5 6.5h5 M5.5 9.5h5',
  'awaiting-approval': 'M8 2.5v6 M8 11.5v1.5',
  running: 'M4.5 3l8 5-8 5z',
  paused: 'M5 3v10 M11 3v10',
  halted: 'M5.2 2h5.6L14 5.2v5.6L10.8 14H5.2L2 10.8V5.2z M5.5 8h5',
  'rolling-back': 'M4 6h6.5a3 3 0 0 1 0 6H6 M6.5 3L3.5 6l3 3',
  'rolled-back': 'M4 6h6.5a3 3 0 0 1 0 6H6 M6.5 3L3.5 6l3 3',
  completed: 'M3 8.5l3.5 3.5L13 4.5',
  aborted: 'M4 4l8 8 M12 4l-8 8',
};

export function StateSign({ state }: { readonly state: Rollout['state'] }) {
  return (
    <svg class="state-sign" viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[state]} />
    </svg>
  );
}

/** The state of a rollout, small: in a list. */
export function StateBadge({ state }: { readonly state: Rollout['state'] }) {
  return (
    <span class="state-badge" data-tone={toneOf(state)}>
      <StateSign state={state} />
      {text.value.fleet.states[state]}
    </span>
  );
}
