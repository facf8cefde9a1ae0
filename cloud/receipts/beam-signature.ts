import { createHash, timingSafeEqual } from 'node:crypto';
import type { Duration, Timestamp } from '@tashika/shared/time';

/** How requests that came through SORACOM Beam are known. */
export interface BeamSettings {
  /** Pre-shared keys that a signature may be made with: the one in use, and the one before while it is replaced. */
  readonly preSharedKeys: readonly string[];
  /** How far a request's timestamp may be from now, either way. */
  readonly toleranceMs: Duration;
}

/** Who signed a request, and what is unlike any other of its requests. */
export interface Caller {
  readonly imsi: string;
  /** When Beam signed it. */
  readonly signedAt: Timestamp;
  readonly signature: Buffer;
}

/** Header names in lower case, as Node's HTTP server has them. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

const VERSION = '20151001';
const SHA256_HEX = /^[0-9a-f]{64}$/i;

/**
 * The headers that are signed where Beam adds them, in the order of signing (SORACOM, "Signature verification"). What
 * is signed has no separators, and a hash over key and text can be continued by others (length extension): only
 * because every value is nothing but digits can no text be read in two ways, or be continued.
 */
const SIGNED: readonly (readonly [header: string, value: RegExp])[] = [
  ['x-soracom-imei', /^\d{1,20}$/],
  ['x-soracom-imsi', /^\d{6,15}$/],
  ['x-soracom-msisdn', /^\d{1,20}$/],
  ['x-soracom-sim-id', /^\d{1,22}$/],
  ['x-soracom-timestamp', /^\d{1,15}$/],
];

/** Beam's signature: SHA-256 over the pre-shared key and `name=value` of the signed headers that are there. */
export function signatureOf(preSharedKey: string, headers: Headers): Buffer {
  const hash = createHash('sha256').update(preSharedKey);
  for (const [name] of SIGNED) if (headers[name] !== undefined) hash.update(`${name}=${headers[name]}`);
  return hash.digest();
}

/**
 * Who a request's headers say it comes from, if Beam signed them with one of the keys and not too long ago. How long
 * the comparison takes says nothing of the right signature. Whether the same request has come before, the caller has
 * to ask.
 *
 * @returns the caller, or a sentence that says what is wrong
 */
export function verifyBeam(headers: Headers, settings: BeamSettings, now: Timestamp): Caller | string {
  const { 'x-soracom-signature': signature, 'x-soracom-signature-version': version } = headers;
  if (signature === undefined) return 'The request is not signed: only what came through SORACOM Beam is answered.';
  if (version !== VERSION) return `X-Soracom-Signature-Version must be ${VERSION}.`;
  for (const [name, pattern] of SIGNED) {
    const value = headers[name];
    if (value !== undefined && !(typeof value === 'string' && pattern.test(value))) return `${name} is not valid.`;
  }
  const { 'x-soracom-imsi': imsi, 'x-soracom-timestamp': timestamp } = headers;
  if (typeof imsi !== 'string') return 'X-Soracom-IMSI is missing: switch the IMSI header on in Beam.';
  if (typeof timestamp !== 'string') return 'X-Soracom-Timestamp is missing.';
  if (typeof signature !== 'string' || !SHA256_HEX.test(signature)) return 'X-Soracom-Signature is not valid.';
  const given = Buffer.from(signature, 'hex');
  let right = false;
  for (const key of settings.preSharedKeys) if (timingSafeEqual(given, signatureOf(key, headers))) right = true;
  if (!right) return 'The signature is not one that Beam makes with the pre-shared key configured here.';
  const signedAt = Number(timestamp);
  if (Math.abs(now - signedAt) > settings.toleranceMs)
    return `The request was signed at ${signedAt}, more than ${settings.toleranceMs} ms from now.`;
  return { imsi, signedAt, signature: given };
}
