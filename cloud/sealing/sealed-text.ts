import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** A key for data, and the same under a key that never leaves Vault. */
export interface DataKey {
  /** 256 bits. */
  readonly key: Buffer;
  /** What Vault turns into the key again, for those whose policy allows it. */
  readonly wrapped: string;
}

const FORM = 'sealed1';
const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** A sealed text, taken apart. */
export interface SealedParts {
  readonly wrapped: string;
  readonly bytes: Buffer;
}

/**
 * Seals by AES-256 in Galois/Counter mode (NIST SP 800-38D) under a random 96-bit initialisation vector, of which one
 * key may see 2³².
 *
 * @param place where the sealed text is kept: it opens nowhere else
 * @returns `sealed1.<vector, tag and ciphertext in base64url>.<wrapped key>`
 */
export function sealText({ key, wrapped }: DataKey, plain: Uint8Array, place: string): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(place));
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
  return `${FORM}.${Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url')}.${wrapped}`;
}

/** Undefined for a text that is not of this form. */
export function partsOfSealed(text: string): SealedParts | undefined {
  const [form, body, ...wrapped] = text.split('.');
  if (form !== FORM || !body || wrapped.length === 0) return undefined;
  const bytes = Buffer.from(body, 'base64url');
  return bytes.length < IV_BYTES + TAG_BYTES ? undefined : { wrapped: wrapped.join('.'), bytes };
}

/** @throws Error where it was sealed under another key, for another place, or changed since */
export function openText(key: Buffer, { bytes }: SealedParts, place: string): Buffer {
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(place))
    .setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
}
