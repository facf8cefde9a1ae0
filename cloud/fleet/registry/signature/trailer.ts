import { refused } from './refusal.ts';

/** A bundle ends with the length of its signature: 8 bytes, the highest first (RAUC, "Bundle formats"). */
export const TRAILER_BYTES = 8;
/** Of a signature with the certificates in it and, in the format verity, the manifest. RAUC's own bound. */
const MOST_SIGNATURE_BYTES = 65_536 * 16;
/** A squashfs, which every payload is, begins with these. */
const SQUASHFS = Buffer.from('hsqs');
/** Its length stands here, 8 bytes, the lowest first. */
const SQUASHFS_LENGTH_AT = 40;
const SUPERBLOCK_BYTES = 96;

/** Where the parts of a bundle lie: the payload from its beginning, then the signature. */
export interface BundleLayout {
  readonly payloadBytes: number;
  readonly signatureBytes: number;
}

/** How much of a bundle's beginning `layoutOf` needs. */
export const HEAD_BYTES = SUPERBLOCK_BYTES;

/**
 * Reads where the signature of a file of `bytes` bytes lies from its first HEAD_BYTES and last TRAILER_BYTES.
 *
 * @throws TashikaError BUNDLE_REFUSED: the file is no bundle, was cut off, or is not signed
 */
export function layoutOf(bytes: number, head: Uint8Array, trailer: Uint8Array): BundleLayout {
  const beginning = Buffer.from(head);
  const isSquashfs = beginning.subarray(0, 4).equals(SQUASHFS) && beginning.length >= SUPERBLOCK_BYTES;
  const squashfsBytes = isSquashfs ? Number(beginning.readBigUInt64LE(SQUASHFS_LENGTH_AT)) : 0;
  if (isSquashfs && squashfsBytes > bytes)
    throw refused(`it is truncated: its content alone has ${squashfsBytes} bytes, and there are ${bytes}`);
  const signatureBytes = trailer.length === TRAILER_BYTES ? Number(Buffer.from(trailer).readBigUInt64BE()) : 0;
  const payloadBytes = bytes - TRAILER_BYTES - signatureBytes;
  const plausible = signatureBytes > 0 && signatureBytes <= MOST_SIGNATURE_BYTES && payloadBytes > 0;
  if (plausible && payloadBytes >= squashfsBytes) return { payloadBytes, signatureBytes };
  if (isSquashfs) throw refused('it is not signed, or its end is missing: no signature follows on its content');
  throw refused('it is no RAUC bundle, or was never signed: it does not end with the length of a signature');
}
