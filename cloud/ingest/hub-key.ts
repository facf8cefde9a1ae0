import { type Fingerprint, fingerprintOf } from '@tashika/shared/fingerprint';
import { connectionStringParts } from '../config/index.ts';

/** The key that a connection string holds, by its fingerprint; null for a signature instead, and for an identity. */
export function hubKeyOf(connectionString: string | undefined): Fingerprint | null {
  if (connectionString === undefined) return null;
  const { sharedaccesskey: key } = connectionStringParts(connectionString);
  return key ? fingerprintOf(key) : null;
}
