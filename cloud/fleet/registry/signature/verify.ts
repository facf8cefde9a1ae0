import { createHash, type X509Certificate } from 'node:crypto';
import { isTashikaError, messageOf } from '@tashika/shared/errors';
import type { Timestamp } from '@tashika/shared/time';
import { fingerprintOfCertificate, requireTrusted, subjectOf } from './chain.ts';
import { type BundleManifest, readManifest } from './manifest.ts';
import { refused } from './refusal.ts';
import { type BundleSignature, readSignature } from './signed-data.ts';
import { type BundleLayout, HEAD_BYTES, layoutOf, TRAILER_BYTES } from './trailer.ts';
import { VerityCheck } from './verity.ts';

/** A file that can be read in parts: the bytes `first` to `last`, both included, or all of it. */
export interface BundleFile {
  readonly bytes: number;
  read(range?: { readonly first: number; readonly last: number }): Promise<AsyncIterable<Uint8Array>>;
}

/** What is certain of a bundle after it was read to its end. */
export interface VerifiedBundle {
  readonly format: 'plain' | 'verity';
  readonly bytes: number;
  readonly sha256: string;
  readonly sha1: string;
  readonly md5: string;
  /** Subject of the signer's certificate, on one line. */
  readonly signer: string;
  /** SHA-256 of that certificate. */
  readonly signerSha256: string;
  /** What it says it is for; undefined in the format plain, whose manifest lies in the squashfs. */
  readonly compatible: string | undefined;
}

/**
 * Verifies a RAUC bundle as a device does, without RAUC: one signer, who stands under the keyring and may sign, and a
 * payload whose every byte was signed. In the format plain the signature is over the payload; in verity it is over a
 * manifest that holds the root of the payload's hash tree. It reads the file once, in constant memory.
 *
 * Revocation lists are not looked at; devices know none of them either unless their keyring brings some.
 *
 * @throws TashikaError BUNDLE_REFUSED; whatever `file` throws
 */
export async function verifyBundle(
  file: BundleFile,
  keyring: readonly X509Certificate[],
  now: Timestamp,
): Promise<VerifiedBundle> {
  const layout = await readLayout(file);
  const der = await bytesOf(file, layout.payloadBytes, layout.signatureBytes);
  const { signature, manifest } = judged(der, keyring, now);
  return {
    format: manifest ? 'verity' : 'plain',
    bytes: file.bytes,
    ...(await readThrough(file, layout, signature, manifest)),
    signer: subjectOf(signature.signer),
    signerSha256: fingerprintOfCertificate(signature.signer),
    compatible: manifest?.compatible,
  };
}

interface Judged {
  readonly signature: BundleSignature;
  readonly manifest: BundleManifest | undefined;
}

/** Whatever a stranger wrote in the place of a signature is an answer about the bundle, not a fault of this program. */
function judged(der: Buffer, keyring: readonly X509Certificate[], now: Timestamp): Judged {
  try {
    const signature = readSignature(der);
    const { signer, others, signedAt } = signature;
    requireTrusted({ signer, others, keyring, now, signedAt });
    return { signature, manifest: signature.manifest === undefined ? undefined : readManifest(signature.manifest) };
  } catch (error) {
    throw isTashikaError(error) ? error : refused(`its signature can not be read (${messageOf(error)})`, error);
  }
}

async function readLayout(file: BundleFile): Promise<BundleLayout> {
  const head = await bytesOf(file, 0, Math.min(HEAD_BYTES, file.bytes));
  const trailer = await bytesOf(file, Math.max(0, file.bytes - TRAILER_BYTES), Math.min(TRAILER_BYTES, file.bytes));
  return layoutOf(file.bytes, head, trailer);
}

async function bytesOf(file: BundleFile, first: number, length: number): Promise<Buffer> {
  if (length === 0) return Buffer.alloc(0);
  const parts: Uint8Array[] = [];
  for await (const part of await file.read({ first, last: first + length - 1 })) parts.push(part);
  return Buffer.concat(parts);
}

async function readThrough(
  file: BundleFile,
  { payloadBytes }: BundleLayout,
  signature: BundleSignature,
  manifest: BundleManifest | undefined,
): Promise<{ readonly sha256: string; readonly sha1: string; readonly md5: string }> {
  const whole = [createHash('sha256'), createHash('sha1'), createHash('md5')] as const;
  const payload = createHash(signature.digest);
  const tree = manifest && new VerityCheck(manifest.verity, payloadBytes);
  let seen = 0;
  for await (const part of await file.read()) {
    for (const hash of whole) hash.update(part);
    const ofPayload = part.subarray(0, Math.max(0, payloadBytes - seen));
    if (tree) tree.update(Buffer.from(ofPayload.buffer, ofPayload.byteOffset, ofPayload.byteLength));
    else payload.update(ofPayload);
    seen += part.byteLength;
  }
  if (seen !== file.bytes) throw refused(`${seen} of its ${file.bytes} bytes could be read`);
  tree?.finish();
  if (!tree && !payload.digest().equals(signature.messageDigest))
    throw refused('its payload is not the one that was signed: a byte of it was changed');
  const [sha256, sha1, md5] = whole.map((hash) => hash.digest('hex')) as [string, string, string];
  return { sha256, sha1, md5 };
}
