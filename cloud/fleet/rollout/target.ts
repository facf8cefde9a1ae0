import { REGIONS } from '@tashika/shared/regions';
import { CHANNELS } from '../registry/index.ts';
import type { TargetDevice } from './check.ts';
import type { RolloutPlan } from './plan.ts';

type Target = RolloutPlan['target'];

/** How many devices or words a problem names. */
const MOST_NAMED = 5;

/** Whether a device is one that a plan means. */
export function fits(target: Target, device: TargetDevice): boolean {
  const { channel, boards, regions, tags, devices } = target;
  return (
    (channel === undefined || device.channel === channel) &&
    (boards === undefined || (device.board !== null && boards.includes(device.board))) &&
    (regions === undefined || (device.region !== null && regions.includes(device.region))) &&
    (tags === undefined || tags.every((tag) => device.tags.includes(tag))) &&
    (devices === undefined || devices.includes(device.controllerId))
  );
}

/** A part of a target: the words that it may name, and how it is said that no device has one of them. */
interface Part {
  readonly field: string;
  readonly wanted: (target: Target) => readonly string[];
  readonly had: (device: TargetDevice) => readonly (string | null)[];
  /** All words that there are, and what they are called; left out where a fleet makes its own. */
  readonly words?: { readonly all: ReadonlySet<string>; readonly kind: string; readonly are: string };
  readonly absent: string;
  readonly instead: string;
  readonly none: string;
}

const PARTS: readonly Part[] = [
  {
    field: 'target.channel',
    wanted: ({ channel }) => (channel === undefined ? [] : [channel]),
    had: ({ channel }) => [channel],
    words: { all: new Set(CHANNELS), kind: 'channel', are: `channels are ${CHANNELS.join(', ')}` },
    ...{ absent: 'no device follows the channel', instead: 'they follow', none: 'they follow none' },
  },
  {
    field: 'target.regions',
    wanted: ({ regions = [] }) => regions,
    had: ({ region }) => [region],
    words: {
      all: new Set(REGIONS.map(({ code }) => code)),
      ...{ kind: 'region', are: 'regions are 01 (Hokkaido) to 47 (Okinawa)' },
    },
    ...{ absent: 'no device has ever told the region', instead: 'they are in', none: 'none has told where it is' },
  },
  {
    field: 'target.boards',
    wanted: ({ boards = [] }) => boards,
    had: ({ board }) => [board],
    ...{ absent: 'no device has ever told the board', instead: 'they told', none: 'none has told its board' },
  },
  {
    field: 'target.tags',
    wanted: ({ tags = [] }) => tags,
    had: ({ tags }) => tags,
    ...{ absent: 'no device has the tag', instead: 'their tags are', none: 'none has a tag' },
  },
];

/**
 * What in a target means nobody: words that there are not, such as a channel `prod`; and where it fits no device at all,
 * those that no device has, beside what devices have instead.
 */
export function problemsOfTarget(target: Target, devices: readonly TargetDevice[]): string[] {
  const fitsNone = !devices.some((device) => fits(target, device));
  return PARTS.flatMap(({ field, wanted, had, words, absent, instead, none }) => {
    const names = [...new Set(wanted(target))];
    const strange = words ? names.filter((name) => !words.all.has(name)) : [];
    const problems =
      strange.length > 0 ? [`${field} has ${listed(strange)}: there is no such ${words!.kind}, ${words!.are}`] : [];
    if (!fitsNone || devices.length === 0) return problems;
    const there = new Set(devices.flatMap(had).filter((each) => each !== null));
    const missing = names.filter((name) => !strange.includes(name) && !there.has(name));
    if (missing.length === 0) return problems;
    const found = there.size === 0 ? none : `${instead} ${listed([...there].sort())}`;
    return [...problems, `${field}: ${absent} ${listed(missing)} (${found})`];
  });
}

/** The first of a list, and how many more there are. */
export function listed(names: readonly string[]): string {
  const rest = names.length - MOST_NAMED;
  return `${names.slice(0, MOST_NAMED).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
