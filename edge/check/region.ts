import { messageOf } from '@tashika/shared/errors';
import { regionOf, resolveRegion } from '@tashika/shared/regions';
import type { EdgeConfiguration } from '../config/index.ts';
import { askTag } from '../region/index.ts';
import type { CheckLine } from '../sensors/index.ts';

/** Where the device stands, and who says so. Without a region nothing can be sent. */
export async function checkRegion({
  region,
  metadata,
  uplink,
}: Pick<EdgeConfiguration, 'region' | 'metadata' | 'uplink'>): Promise<readonly CheckLine[]> {
  const line = (verdict: CheckLine['verdict'], detail: string): CheckLine[] => [{ subject: 'region', verdict, detail }];
  const configured = resolveRegion(region);
  if (configured !== undefined) return line('ok', `${nameOf(configured)}, by configuration.`);
  try {
    const tag = await askTag({ ...metadata, localAddress: uplink.localAddress }, new AbortController().signal);
    const told = resolveRegion(tag);
    if (told !== undefined) return line('ok', `${nameOf(told)}, by the SIM's tag pref.`);
    return line(
      'fail',
      `The SIM's tag pref names no prefecture: ${JSON.stringify(tag.slice(0, 60))}. Set it to a code such as 13.`,
    );
  } catch (error) {
    return line('fail', `${messageOf(error)} Set region, or enable the metadata service for the SIM's group.`);
  }
}

function nameOf(code: Parameters<typeof regionOf>[0]): string {
  const { ja, en } = regionOf(code);
  return `${code} ${ja} (${en})`;
}
