import type { FleetVersions } from './fleet-contract.ts';

/** A region's devices by version, and how many of them have the one that is looked for. */
export interface RegionVersions {
  readonly region: string;
  readonly devices: number;
  readonly having: number;
  /** The most frequent first. */
  readonly versions: readonly { readonly version: string; readonly devices: number }[];
}

/** `version` is the one whose share is told; null counts none as having it. */
export function regionVersions({ regions }: FleetVersions, version: string | null): readonly RegionVersions[] {
  return regions.map(({ region, versions }) => ({
    region,
    devices: versions.reduce((sum, each) => sum + each.devices, 0),
    having: versions.find((each) => each.version === version)?.devices ?? 0,
    versions: versions.toSorted((a, b) => b.devices - a.devices || a.version.localeCompare(b.version)),
  }));
}

/** All regions as one: how many devices have each version, the most frequent first. */
export function totalVersions(regions: readonly RegionVersions[]): RegionVersions['versions'] {
  const total = new Map<string, number>();
  for (const { versions } of regions)
    for (const { version, devices } of versions) total.set(version, (total.get(version) ?? 0) + devices);
  return [...total]
    .map(([version, devices]) => ({ version, devices }))
    .sort((a, b) => b.devices - a.devices || a.version.localeCompare(b.version));
}

/** Step of a tile's colour: 0 for none, 5 for all; what has begun is never 0, what is not done never 5. */
export function shareLevel(having: number, devices: number): 0 | 1 | 2 | 3 | 4 | 5 {
  if (having === 0 || devices === 0) return 0;
  const share = having / devices;
  if (share >= 1) return 5;
  if (share > 0.5) return 4;
  if (share > 0.1) return 3;
  return share > 0.01 ? 2 : 1;
}
