import { createHash } from 'node:crypto';

/** What a secret is called where it must not be shown: `sha256:` and the first 12 hex digits of its SHA-256. */
export type Fingerprint = string;

export function fingerprintOf(secret: string): Fingerprint {
  return `sha256:${createHash('sha256').update(secret).digest('hex').slice(0, 12)}`;
}

/** The fingerprint that a text speaks of, such as a credential's description; undefined where it speaks of none. */
export function fingerprintIn(text: string | undefined): Fingerprint | undefined {
  return /sha256:[0-9a-f]{12}(?![0-9a-f])/.exec(text ?? '')?.[0];
}
