import { type RegionCode, resolveRegion } from '@tashika/shared/regions';

/**
 * What the part of the address behind `#` asks for: `13` a region of the counts, `/fleet` the fleet, `/fleet/<rollout>`
 * one of its rollouts.
 */
export type Address =
  /** `region` is null where none is named, or none that there is. */
  | { readonly page: 'counts'; readonly region: RegionCode | null }
  /** `rollout` is null for whichever matters most now. */
  | { readonly page: 'fleet'; readonly rollout: string | null };

const FLEET = /^\/fleet(?:\/([a-z0-9][a-z0-9-]{0,62}))?\/?$/;

/** Reads a hash such as `#13`; what it does not know is the counts. */
export function parseAddress(hash: string): Address {
  const text = hash.replace(/^#/, '');
  const fleet = FLEET.exec(text);
  if (fleet) return { page: 'fleet', rollout: fleet[1] ?? null };
  return { page: 'counts', region: resolveRegion(text) ?? null };
}

export function formatAddress(address: Address): string {
  if (address.page === 'counts') return `#${address.region ?? ''}`;
  return address.rollout === null ? '#/fleet' : `#/fleet/${address.rollout}`;
}
