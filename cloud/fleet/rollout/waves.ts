import { createHash } from 'node:crypto';
import { devicesOf } from '../reason/index.ts';
import type { RolloutPlan } from './plan.ts';

/** What decides in which wave a device is. */
export interface Placed {
  readonly controllerId: string;
  /** Where its readings come from; null while there are none. */
  readonly region: string | null;
  readonly board: string | null;
}

type Wave = RolloutPlan['waves'][number];

/** A wave as a person writes it: `10 devices`, `2.5 %`. */
export function formatWave(wave: Wave): string {
  return 'percent' in wave ? `${wave.percent} %` : devicesOf(wave.devices);
}

/** How many of `fleet` devices a wave and those before it are together, rounded up: no wave is empty. */
export function cumulativeOf(wave: Wave, fleet: number): number {
  // 0.07 · 100 is 7.000000000000001; a device in a billion is no device.
  return 'devices' in wave ? wave.devices : Math.ceil((fleet * wave.percent) / 100 - 1e-9);
}

/**
 * The order in which devices get the image: the same for the same rollout and devices, and another for each rollout, so
 * that it is not always the same ones that try first.
 *
 * It is stratified by region and board. First comes one device of each board, each from another region where that is
 * possible; then one of each region that is still missing; then one of each board in each region; then the rest, each
 * of these groups spread evenly. So every wave has as many boards and regions as it has devices, and what fails on one
 * region's boards alone is met as early as it can be.
 */
export function orderOfOffers<Device extends Placed>(rolloutId: string, devices: readonly Device[]): Device[] {
  const groups = groupsOf(rolloutId, devices);
  const taken = new Set<Group<Device>>();
  const boards = new Set<string | null>();
  const regions = new Set<string | null>();
  const first: Device[] = [];
  const take = (group: Group<Device> | undefined) => {
    if (!group) return;
    taken.add(group);
    boards.add(group.board);
    regions.add(group.region);
    first.push(group.devices[0]!);
  };
  for (const board of new Set(groups.map((group) => group.board))) {
    const ofBoard = groups.filter((group) => group.board === board);
    take(ofBoard.find((group) => !regions.has(group.region)) ?? ofBoard[0]);
  }
  for (const group of groups) if (!regions.has(group.region)) take(group);
  for (const group of groups) if (!taken.has(group)) take(group);
  const rest = groups
    .flatMap(({ devices: [, ...others] }) =>
      others.map((device, index) => ({ device, share: (index + 0.5) / others.length })),
    )
    .sort((a, b) => a.share - b.share); // stable: equal shares keep the order of their groups
  return [...first, ...rest.map(({ device }) => device)];
}

/** The devices of one board in one region, in the order of their hashes. */
interface Group<Device> {
  readonly region: string | null;
  readonly board: string | null;
  readonly devices: readonly Device[];
}

/** In the order of their first devices' hashes, which is any order. */
function groupsOf<Device extends Placed>(rolloutId: string, devices: readonly Device[]): Group<Device>[] {
  const hashed = devices
    .map((device) => ({ device, hash: hashOf(rolloutId, device.controllerId) }))
    .sort((a, b) => (a.hash < b.hash ? -1 : 1));
  const groups = new Map<string, { region: string | null; board: string | null; devices: Device[] }>();
  for (const { device } of hashed) {
    const { region, board } = device;
    const key = JSON.stringify([region, board]);
    const group = groups.get(key);
    if (group) group.devices.push(device);
    else groups.set(key, { region, board, devices: [device] });
  }
  return [...groups.values()];
}

function hashOf(rolloutId: string, controllerId: string): string {
  return createHash('sha256').update(`${rolloutId}\u0000${controllerId}`).digest('hex');
}
