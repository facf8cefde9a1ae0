import { type Fingerprint, fingerprintOf } from '@tashika/shared/fingerprint';
import { connectionStringParts } from '../config/index.ts';

/** The key that a connection string holds, by its fingerprint; null for one that holds a signature instead. */
export function hubKeyOf(connectionString: string): Fingerprint | null {
  const { sharedaccesskey: key } = connectionStringParts(connectionString);
  return key ? fingerprintOf(key) : null;
}
