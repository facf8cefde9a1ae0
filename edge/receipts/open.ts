import { type BeamOptions, beam } from './beam.ts';
import type { ReceiptsSettings } from './config.ts';
import { Receipts, type ReceiptsOptions } from './receipts.ts';

type Parts = Pick<BeamOptions, 'localAddress' | 'spend'> &
  Pick<ReceiptsOptions, 'allowance' | 'spool' | 'unconfirmedBytes' | 'clock' | 'random' | 'logger'>;

/** Receipts as the configuration says; `undefined` where it names no place to ask. */
export function openReceipts(settings: ReceiptsSettings, parts: Parts): Receipts | undefined {
  const { url } = settings;
  return url === undefined
    ? undefined
    : new Receipts({ ...settings, ...parts, source: beam({ ...settings, ...parts, url }) });
}
