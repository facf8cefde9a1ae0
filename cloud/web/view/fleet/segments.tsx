import { segmentsOf } from '../../model/rollout.ts';
import { format, text } from '../../page/preferences.ts';

/** Devices by group as one bar, for the eye: the numbers stand beside it. Colours and patterns tell groups apart. */
export function SegmentBar({ byState }: { readonly byState: Readonly<Record<string, number>> }) {
  return (
    <span class="segments" aria-hidden="true">
      {segmentsOf(byState).map(({ group, devices }) => (
        <span key={group} data-group={group} style={{ flexGrow: devices }} />
      ))}
    </span>
  );
}

/** What the bar says in words and numbers: groups, and their states where a group has several. */
export function SegmentCounts({ byState }: { readonly byState: Readonly<Record<string, number>> }) {
  const words = text.value.fleet;
  const { integer } = format.value;
  return (
    <ul class="segment-counts">
      {segmentsOf(byState).map(({ group, devices, states }) => (
        <li key={group} data-group={group} data-devices={devices}>
          <span class="swatch" data-group={group} aria-hidden="true" />
          <b>{integer(devices)}</b>{' '}
          {states.length === 1 ? (words.deviceStates[states[0]![0]] ?? states[0]![0]) : words.groups[group]}
          {states.length > 1 && (
            <small>
              {' '}
              ({states.map(([state, each]) => `${integer(each)} ${words.deviceStates[state] ?? state}`).join(', ')})
            </small>
          )}
        </li>
      ))}
    </ul>
  );
}
