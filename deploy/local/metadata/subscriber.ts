import { type Sim, simIdOf } from '../sims/index.ts';

/** A SIM's record as the metadata service shows it; the fields that a device uses. */
export interface Subscriber {
  readonly imsi: string;
  readonly simId: string;
  /** Left out for a SIM in none. */
  readonly groupId?: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly speedClass: string;
  readonly status: string;
  readonly sessionStatus: { readonly online: boolean; readonly imei: string };
}

/** The record of an active SIM with these tags, in this group. */
export function subscriberOf(
  sim: Sim,
  { tags, groupId }: { readonly tags: Readonly<Record<string, string>>; readonly groupId: string | undefined },
): Subscriber {
  return {
    imsi: sim.imsi,
    simId: simIdOf(sim),
    ...(groupId !== undefined && { groupId }),
    tags,
    speedClass: 's1.standard',
    status: 'active',
    sessionStatus: { online: true, imei: sim.imei },
  };
}

/**
 * The value at a dot path such as `tags.pref`, as the service writes it: plain text for a plain value, JSON for the
 * rest. An empty path is the whole record.
 *
 * @returns undefined where nothing has that name
 */
export function valueAt(subscriber: Subscriber, path: string): string | undefined {
  const value = path === '' ? subscriber : path.split('.').reduce<unknown>(member, subscriber);
  if (value === undefined) return undefined;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function member(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, unknown>)[key];
}
