import { TashikaError } from '@tashika/shared/errors';
import { formatImageName, type ImageRecord } from '@tashika/shared/image';

/** From the first who tries an image to all; a version goes through them by a person's word. */
export const CHANNELS = ['dev', 'canary', 'stable'] as const;
export type Channel = (typeof CHANNELS)[number];

/** At this bound of `fleet.mostScanCvss` a team has said that no score keeps an image back, and so no missing scan. */
const ALL_SCORES = 10;

/**
 * Sees that an image may come into a channel.
 *
 * Only `stable` asks for a scan: the two others are where an image is tried. A vulnerability without a score is shown with
 * the image and keeps nothing back, for Debian's tracker gives none to most.
 *
 * @param mostCvss `fleet.mostScanCvss`
 * @throws TashikaError PROMOTION_REFUSED
 */
export function requirePromotable(record: ImageRecord, channel: Channel, mostCvss: number): void {
  const name = formatImageName(record);
  if (record.approvedBy === null)
    throw refusal(`${name} was approved by nobody in its build (approvedBy): build it anew with an approval`);
  if (channel !== 'stable') return;
  const { scan } = record;
  if (scan.status === 'not scanned') {
    if (mostCvss >= ALL_SCORES) return;
    throw refusal(
      `${name} was not scanned (${scan.reason}), and stable takes only what was: scan it, or let all scores pass by fleet.mostScanCvss 10`,
    );
  }
  const above = scan.found.filter(({ cvss }) => cvss !== null && cvss > mostCvss);
  if (above.length === 0) return;
  const named = above.slice(0, 5).map(({ id, package: of, version, cvss }) => `${id} in ${of} ${version} (${cvss})`);
  const more = above.length > named.length ? ` and ${above.length - named.length} more` : '';
  throw refusal(`${name} has vulnerabilities above ${mostCvss}: ${named.join(', ')}${more}`);
}

function refusal(why: string): TashikaError {
  return new TashikaError('PROMOTION_REFUSED', `${why}.`);
}
