import { type ImageRecord, parseImageName } from '@tashika/shared/image';
import type { Duration } from '@tashika/shared/time';
import { devicesOf } from '../reason/index.ts';
import { MOST_MINUTES, type RolloutPlan, WINDOW_TIMEOUT_MINUTES } from './plan.ts';
import { fits, listed, problemsOfTarget } from './target.ts';
import { cumulativeOf, formatWave, orderOfOffers, type Placed } from './waves.ts';

const MINUTE_MS: Duration = 60_000;
const DAY_MINUTES = 1440;
/** What `deviceTimeoutMinutes` can be at most, in days. */
const MOST_TIMEOUT_DAYS = MOST_MINUTES / DAY_MINUTES;
/** The gate looks at a wave at least this often before it passes. */
const LEAST_ROUNDS = 3;

/** A device that a plan may mean. */
export interface TargetDevice extends Placed {
  readonly channel: string;
  readonly tags: readonly string[];
  /** Of the plan's kind of image, by its readings or else by its updater; null where neither tells it. */
  readonly version: string | null;
}

/** What a plan is held against. */
export interface PlanContext {
  /** What the registry has under the plan's image. */
  readonly image: { readonly record: ImageRecord; readonly revokedReason: string | null } | undefined;
  /** All devices whose updater has asked. */
  readonly devices: readonly TargetDevice[];
  /** Devices that another rollout has under way, and which. */
  readonly busy: ReadonlyMap<string, string>;
  /** How often the gate looks. */
  readonly roundMs: Duration;
}

/** What a plan comes to. */
export interface Waves {
  /** In the order in which they are offered the image; none that has it already. */
  readonly devices: readonly (TargetDevice & { readonly wave: number })[];
  readonly sizes: readonly number[];
  /** Devices that would get the image and are in no wave, and those that have it already: nothing is wrong with that. */
  readonly leftOut: number;
  readonly haveIt: number;
}

export type Checked =
  | { readonly waves: Waves; readonly problems?: undefined }
  | { readonly waves?: undefined; readonly problems: readonly string[] };

/** Which devices get the image in which wave, or all that speaks against the plan. */
export function checkPlan(plan: RolloutPlan, context: PlanContext): Checked {
  const problems = [...problemsOfImage(plan, context), ...problemsOfTimes(plan, context)];
  const meant = context.devices.filter((device) => fits(plan.target, device));
  const version = parseImageName(plan.image)?.version;
  const behind = meant.filter((device) => device.version !== version);
  const { sizes, problems: ofWaves } = sizesOf(plan, behind.length);
  problems.push(...problemsOfDevices(plan, context, meant, behind));
  // Waves of no devices are all too large: that there are none is said above.
  if (behind.length > 0) problems.push(...ofWaves);
  if (problems.length > 0) return { problems };
  const ordered = orderOfOffers(plan.id, behind).slice(0, sizes.at(-1));
  return {
    waves: {
      devices: ordered.map((device, index) => ({ ...device, wave: sizes.findIndex((size) => index < size) + 1 })),
      sizes,
      leftOut: behind.length - sizes.at(-1)!,
      haveIt: meant.length - behind.length,
    },
  };
}

function problemsOfImage({ image: name, target }: RolloutPlan, { image }: PlanContext): string[] {
  if (!parseImageName(name))
    return [`image is ${JSON.stringify(name)}, and must be kind and version, such as "agent/1.5.0"`];
  if (!image) return [`image ${name} is not in the registry: import it first`];
  if (image.revokedReason !== null) return [`image ${name} is revoked: ${image.revokedReason.replace(/\.+$/, '')}`];
  const { boards } = image.record;
  const foreign = (target.boards ?? []).filter((board) => !boards.includes(board));
  return foreign.length > 0
    ? [`target.boards has ${listed(foreign)}, and image ${name} is for ${boards.join(', ')}`]
    : [];
}

function problemsOfTimes(plan: RolloutPlan, { image, roundMs }: PlanContext): string[] {
  const { soakMinutes, maintenanceWindow: window, dailyBytes, deviceTimeoutMinutes } = plan;
  const problems: string[] = [];
  const leastSoak = Math.ceil((LEAST_ROUNDS * roundMs) / MINUTE_MS);
  if (soakMinutes * MINUTE_MS < LEAST_ROUNDS * roundMs)
    problems.push(
      `soakMinutes is ${soakMinutes}, and the gate looks every ${roundMs / MINUTE_MS} minutes: give it at least ${leastSoak}, three looks`,
    );
  if (window && window.from === window.to)
    problems.push(
      `maintenanceWindow is from ${window.from} to ${window.to} and never opens: leave it out for any time of the day`,
    );
  else if (window && deviceTimeoutMinutes < WINDOW_TIMEOUT_MINUTES)
    problems.push(
      `deviceTimeoutMinutes is ${deviceTimeoutMinutes}, and with a maintenance window a device may wait two days, as a night in which clocks are put forward may leave the window out: give it at least ${WINDOW_TIMEOUT_MINUTES}`,
    );
  if (dailyBytes !== undefined && image) {
    const days = Math.ceil(image.record.bundle.bytes / dailyBytes);
    // What is left of today, and then whole days.
    if (days > 1 && deviceTimeoutMinutes < days * DAY_MINUTES)
      problems.push(
        `deviceTimeoutMinutes is ${deviceTimeoutMinutes}, and ${image.record.bundle.bytes} bytes at dailyBytes ${dailyBytes} take ${days} days: ${
          days <= MOST_TIMEOUT_DAYS
            ? `give it at least ${days * DAY_MINUTES}`
            : `no device is waited for so long, give dailyBytes at least ${Math.ceil(image.record.bundle.bytes / MOST_TIMEOUT_DAYS)}`
        }`,
      );
  }
  return problems;
}

function problemsOfDevices(
  plan: RolloutPlan,
  { image, devices, busy }: PlanContext,
  meant: readonly TargetDevice[],
  behind: readonly TargetDevice[],
): string[] {
  const problems: string[] = [];
  const known = new Set(devices.map(({ controllerId }) => controllerId));
  const unknown = (plan.target.devices ?? []).filter((id) => !known.has(id));
  if (unknown.length > 0) problems.push(`target.devices has ${listed(unknown)}, whose updater has never asked`);
  problems.push(...problemsOfTarget(plan.target, devices));
  if (devices.length === 0) problems.push('no updater has asked yet: there is no device to roll out to');
  else if (meant.length === 0) problems.push(`target fits none of ${devicesOf(devices.length)}`);
  else if (behind.length === 0) problems.push(`each of ${devicesOf(meant.length)} that target fits has ${plan.image}`);
  if (image) {
    const { boards } = image.record;
    const others = behind.filter(({ board }) => board === null || !boards.includes(board));
    if (others.length > 0)
      problems.push(
        `target fits ${devicesOf(others.length)} of a board that image ${plan.image} is not for (${listed([
          ...new Set(others.map(({ board }) => board ?? 'a board that it does not tell')),
        ])}; it is for ${boards.join(', ')}): give target.boards`,
      );
  }
  const elsewhere = behind.filter(({ controllerId }) => busy.has(controllerId));
  if (elsewhere.length > 0)
    problems.push(
      `${devicesOf(elsewhere.length)} ${elsewhere.length === 1 ? 'is' : 'are'} in a rollout that runs (${listed(
        elsewhere.map(({ controllerId }) => `${controllerId} in ${busy.get(controllerId)}`),
      )}): wait for it, or abort it`,
    );
  return problems;
}

/** How many devices each wave and those before it are together. */
function sizesOf({ waves, gate }: RolloutPlan, fleet: number): { sizes: number[]; problems: string[] } {
  const sizes = waves.map((wave) => cumulativeOf(wave, fleet));
  const problems = sizes.flatMap((size, index) => {
    const name = `waves[${index}] (${formatWave(waves[index]!)})`;
    const before = sizes[index - 1];
    if (size > fleet)
      return [
        `${name} exceeds the fleet: target fits ${devicesOf(fleet)} that ${fleet === 1 ? 'does' : 'do'} not have the image`,
      ];
    if (before === undefined || size > before) return [];
    const overlap = size < before ? `only ${devicesOf(size)}` : `the same ${devicesOf(size)}`;
    return [`${name} is ${overlap}, after ${before} in waves[${index - 1}]: waves are cumulative and must grow`];
  });
  if (sizes[0]! < gate.leastDevices)
    problems.push(
      `gate.leastDevices is ${gate.leastDevices}, and waves[0] has ${devicesOf(sizes[0]!)}: it could never pass`,
    );
  return { sizes, problems };
}
