import { isTashikaError, messageOf } from '@tashika/shared/errors';
import { type RegionCode, regionOf, resolveRegion } from '@tashika/shared/regions';
import type { EdgeConfiguration } from '../config/index.ts';
import { askTag } from '../region/index.ts';
import type { CheckLine } from '../sensors/index.ts';

/** Where the device stands, as far as it is known, and a line on who says so. */
export interface FoundRegion {
  readonly region: RegionCode | undefined;
  readonly line: CheckLine;
}

/** Finds where the device stands as an agent does. Without a region nothing can be sent. */
export async function findRegion(
  { region, metadata, uplink }: Pick<EdgeConfiguration, 'region' | 'metadata' | 'uplink'>,
  groupRegion: string | undefined,
): Promise<FoundRegion> {
  const found = (code: RegionCode | undefined, detail: string): FoundRegion => ({
    region: code,
    line: { subject: 'region', verdict: code === undefined ? 'fail' : 'ok', detail },
  });
  const configured = resolveRegion(region);
  if (configured !== undefined) return found(configured, `${nameOf(configured)}, by the device's own settings.`);
  const ofGroup = resolveRegion(groupRegion);
  try {
    const tag = await askTag({ ...metadata, localAddress: uplink.localAddress }, new AbortController().signal);
    const told = resolveRegion(tag);
    if (told !== undefined) return found(told, `${nameOf(told)}, by the SIM's tag pref.`);
    if (ofGroup !== undefined) return found(ofGroup, `${nameOf(ofGroup)}, by the group's user data.`);
    const shown = JSON.stringify(tag.slice(0, 60));
    return found(undefined, `The SIM's tag pref names no prefecture: ${shown}. Set it to a code such as 13.`);
  } catch (error) {
    if (isTashikaError(error, 'REGION_UNKNOWN'))
      return ofGroup === undefined
        ? found(undefined, messageOf(error))
        : found(ofGroup, `${nameOf(ofGroup)}, by the group's user data.`);
    return found(undefined, `${messageOf(error)} Set region, or enable the metadata service for the SIM's group.`);
  }
}

function nameOf(code: RegionCode): string {
  const { ja, en } = regionOf(code);
  return `${code} ${ja} (${en})`;
}
