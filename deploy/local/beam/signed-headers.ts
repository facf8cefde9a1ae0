import { createHash } from 'node:crypto';
import type { Timestamp } from '@tashika/shared/time';
import type { Sim } from '../sims/index.ts';

/**
 * The headers that Beam adds for a SIM with the IMSI, IMEI and signature headers switched on: SHA-256 over the
 * pre-shared key, then `name=value` of each in the order of their names, without separators.
 */
export function signedHeaders(
  preSharedKey: string,
  { imsi, imei }: Sim,
  now: Timestamp,
): Readonly<Record<string, string>> {
  const signed = `${preSharedKey}x-soracom-imei=${imei}x-soracom-imsi=${imsi}x-soracom-timestamp=${now}`;
  return {
    'x-soracom-imei': imei,
    'x-soracom-imsi': imsi,
    'x-soracom-timestamp': String(now),
    'x-soracom-signature': createHash('sha256').update(signed).digest('hex'),
    'x-soracom-signature-version': '20151001',
  };
}
