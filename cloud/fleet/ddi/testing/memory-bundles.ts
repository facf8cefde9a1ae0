import { Readable } from 'node:stream';
import { TashikaError } from '@tashika/shared/errors';
import type { BundleSource } from '../downloads.ts';

const PART_BYTES = 65_536;

/** Bundles by their SHA-256; a test may take them away. */
export function memoryBundles(bundles: Map<string, Buffer>): BundleSource {
  return {
    size: async (sha256) => bundles.get(sha256)?.length,
    requireUsed: async () => undefined,
    async read(sha256, range) {
      const bundle = bundles.get(sha256);
      if (!bundle) throw new TashikaError('NOT_FOUND', `There is no bundle ${sha256}.`);
      const bytes = range ? bundle.subarray(range.first, range.last + 1) : bundle;
      const parts = Array.from({ length: Math.ceil(bytes.length / PART_BYTES) }, (_, part) =>
        bytes.subarray(part * PART_BYTES, (part + 1) * PART_BYTES),
      );
      return Readable.from(parts, { objectMode: false });
    },
  };
}
