import { messageOf, TashikaError } from '@tashika/shared/errors';
import type { Duration } from '@tashika/shared/time';
import { Client } from 'undici';
import { beginningOf, deadline } from '../http/index.ts';

export interface MetadataOptions {
  readonly url: string;
  readonly timeoutMs: Duration;
  readonly localAddress?: string | undefined;
}

/**
 * The SIM's tag `pref` as the link's metadata service gives it. The service knows the SIM by the link itself: nothing
 * is sent that could be stolen.
 *
 * @throws TashikaError `METADATA_UNREACHABLE`, `REGION_UNKNOWN` when the tag is not set
 */
export async function askMetadata(options: MetadataOptions, signal: AbortSignal): Promise<string> {
  const base = new URL(options.url);
  const path = `${base.pathname.replace(/\/$/, '')}/v1/subscriber.tags.pref`;
  const { timeoutMs, localAddress } = options;
  const client = new Client(base.origin, {
    connect: { timeout: timeoutMs },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    ...(localAddress === undefined ? {} : { localAddress }),
  });
  const limit = deadline(timeoutMs, signal);
  let status: number;
  let text: string;
  try {
    const answer = await client.request({ method: 'GET', path, signal: limit.signal });
    status = answer.statusCode;
    text = (await beginningOf(answer.body)).trim();
  } catch (error) {
    throw new TashikaError(
      'METADATA_UNREACHABLE',
      `The metadata service at ${base.origin} does not answer: ${messageOf(error)}`,
      { cause: error },
    );
  } finally {
    limit.clear();
    void client.destroy();
  }
  if (status === 200) return text;
  if (status === 404)
    throw new TashikaError(
      'REGION_UNKNOWN',
      `The SIM has no tag pref (${text}). Set it to a code such as 13, or set region.`,
    );
  throw new TashikaError('METADATA_UNREACHABLE', `The metadata service answers ${status}: ${text.slice(0, 200)}`);
}
