import type { RegionCode } from '@tashika/shared/regions';
import { type Post, WIRE_VERSION } from '@tashika/shared/telemetry';

/**
 * A post that shows whether the link takes posts, and is marked as such. Its pack is empty and it tells neither what is
 * held nor what is lost, so the cloud counts no reading and no post, and its ledger learns of no stream; all that is
 * noted is that the device was heard.
 */
export function testMessage(region: RegionCode): Omit<Post, 'held'> & { readonly check: true } {
  return { v: WIRE_VERSION, pref: region, stream: 'check', seq: 1, pack: [], check: true };
}
