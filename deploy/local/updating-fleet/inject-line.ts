import type { createApi } from '@tashika/cloud/api';
import { signatureOf } from '@tashika/cloud/receipts';
import type { Clock } from '@tashika/shared/time';
import type { Ask } from './updater.ts';

/** An API without a port. */
export type Api = Pick<Awaited<ReturnType<typeof createApi>>, 'inject'>;

/** The way of a SIM's device into an API of this process, signed as Beam signs. */
export function injectLine(
  app: () => Api,
  { imsi, preSharedKey, clock }: { readonly imsi: string; readonly preSharedKey: string; readonly clock: Clock },
): Ask {
  return async (method, path, body) => {
    const headers: Record<string, string> = {
      'x-soracom-imei': `86${imsi.slice(2)}`,
      'x-soracom-imsi': imsi,
      'x-soracom-timestamp': String(clock.now()),
    };
    headers['x-soracom-signature'] = signatureOf(preSharedKey, headers).toString('hex');
    headers['x-soracom-signature-version'] = '20151001';
    const answer = await app().inject({ method, url: path, headers, ...(body && { payload: body }) });
    return { status: answer.statusCode, body: answer.rawPayload };
  };
}
