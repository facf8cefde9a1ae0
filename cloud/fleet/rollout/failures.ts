import type { Reason } from '../reason/index.ts';
import type { DeviceStanding, Standing } from './standing.ts';
import { hasFailed, isSettled } from './states.ts';

/** Of the devices of one board in one region: so many must have been tried before they speak for themselves. */
const LEAST_OF_GROUP = 3;
const MOST_OF_GROUP = 0.5;

/** Installations that speak against an image. */
export interface Failures {
  readonly why: Reason;
  readonly devices: readonly string[];
}

/**
 * Whether too many installations have failed: more of a wave than the plan lets, or more than half of the devices of one
 * board in one region, of at least three that are done. A device that vanished counts in its wave only: a region
 * without a network must not look like an image that its boards refuse.
 */
export function failuresOf(
  { plan, wave: underWay }: Standing,
  devices: readonly DeviceStanding[],
): Failures | undefined {
  const { mostFailed } = plan.gate;
  const tried = devices.filter(({ wave, state }) => wave <= underWay && state !== 'skipped');
  for (let wave = 1; wave <= underWay; wave++) {
    const ofWave = tried.filter((device) => device.wave === wave);
    const failed = ofWave.filter(({ state }) => hasFailed(state));
    if (failed.length > mostFailed * ofWave.length)
      return failures(failed, {
        code: 'wave-failed',
        values: { failed: failed.length, of: ofWave.length, wave },
      });
  }
  for (const group of groupsOf(tried).values()) {
    const done = group.filter(({ state }) => isSettled(state) && state !== 'vanished');
    const failed = done.filter(({ state }) => hasFailed(state));
    if (done.length >= LEAST_OF_GROUP && failed.length > Math.max(mostFailed, MOST_OF_GROUP) * done.length)
      return failures(failed, {
        code: 'board-failed',
        values: { failed: failed.length, of: done.length, board: group[0]!.board, region: group[0]!.region },
      });
  }
  return undefined;
}

function groupOf({ region, board }: DeviceStanding): string {
  return JSON.stringify([region, board]);
}

function groupsOf(devices: readonly DeviceStanding[]): Map<string, DeviceStanding[]> {
  const groups = new Map<string, DeviceStanding[]>();
  for (const device of devices) {
    const key = groupOf(device);
    const group = groups.get(key);
    if (group) group.push(device);
    else groups.set(key, [device]);
  }
  return groups;
}

function failures(failed: readonly DeviceStanding[], why: Reason): Failures {
  return { why, devices: failed.map(({ controllerId }) => controllerId) };
}
