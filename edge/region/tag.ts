import { TashikaError } from '@tashika/shared/errors';
import { askMetadata, type MetadataOptions } from '../metadata/index.ts';

/**
 * The SIM's tag `pref` as the link's metadata service gives it.
 *
 * @throws TashikaError `METADATA_UNREACHABLE`, `REGION_UNKNOWN` when the tag is not set
 */
export async function askTag(options: MetadataOptions, signal: AbortSignal): Promise<string> {
  const tag = await askMetadata(options, '/v1/subscriber.tags.pref', signal);
  if (tag !== undefined) return tag;
  throw new TashikaError('REGION_UNKNOWN', 'The SIM has no tag pref. Set it to a code such as 13, or set region.');
}
