import type { Rollout, RolloutSummary } from './fleet-contract.ts';

/** States of devices that a bar shows as one, in the order in which they stand in it. */
export const DEVICE_GROUPS = {
  kept: ['kept'],
  updated: ['updated'],
  underWay: ['offered', 'downloading', 'installing', 'rebooting'],
  failed: ['failed', 'fell-back', 'vanished'],
  rolledBack: ['leaving', 'rolled-back'],
  waiting: ['waiting'],
  skipped: ['skipped'],
} as const;
export type DeviceGroup = keyof typeof DEVICE_GROUPS;

/** A part of a wave: how many devices, and how many of each state that there is in it. */
export interface Segment {
  readonly group: DeviceGroup;
  readonly devices: number;
  readonly states: readonly (readonly [state: string, devices: number])[];
}

/** The groups that a wave has devices in. */
export function segmentsOf(byState: Readonly<Record<string, number>>): readonly Segment[] {
  return Object.entries(DEVICE_GROUPS).flatMap(([group, names]) => {
    const states = names.map((state) => [state, byState[state] ?? 0] as const).filter(([, devices]) => devices > 0);
    const devices = states.reduce((sum, [, each]) => sum + each, 0);
    return devices > 0 ? [{ group: group as DeviceGroup, devices, states }] : [];
  });
}

/** How many devices are in the states of `groups`. */
export function devicesIn(byState: Readonly<Record<string, number>>, ...groups: readonly DeviceGroup[]): number {
  return groups
    .flatMap((group) => DEVICE_GROUPS[group] as readonly string[])
    .reduce((sum, state) => sum + (byState[state] ?? 0), 0);
}

/** How a state is to be taken; always beside its word. */
export type Tone = 'good' | 'warn' | 'bad' | 'busy' | 'still';

export function toneOf(state: Rollout['state']): Tone {
  switch (state) {
    case 'completed':
      return 'good';
    case 'running':
      return 'busy';
    case 'paused':
    case 'awaiting-approval':
      return 'warn';
    case 'halted':
    case 'rolling-back':
    case 'rolled-back':
      return 'bad';
    default:
      return 'still';
  }
}

/** What is worth looking at first: trouble, then what is under way, then what waits for a person. */
const URGENCY: readonly Rollout['state'][] = ['halted', 'rolling-back', 'running', 'paused', 'awaiting-approval'];

/** The rollout to show where the address names none: of those under way the most urgent, else the newest. */
export function mostRelevant<Summary extends Pick<RolloutSummary, 'state' | 'createdAt'>>(
  rollouts: readonly Summary[],
): Summary | undefined {
  const rank = ({ state }: Summary) => {
    const place = URGENCY.indexOf(state);
    return place === -1 ? URGENCY.length : place;
  };
  return rollouts.toSorted((a, b) => rank(a) - rank(b) || b.createdAt.localeCompare(a.createdAt))[0];
}
