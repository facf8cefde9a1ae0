import { messageOf, TashikaError } from '@tashika/shared/errors';
import type { Duration } from '@tashika/shared/time';
import { Client } from 'undici';
import { beginningOf, deadline } from '../http/index.ts';

export interface MetadataOptions {
  readonly url: string;
  readonly timeoutMs: Duration;
  readonly localAddress?: string | undefined;
}

/** Enough for a tag, and for why there is none. */
const ANSWER_BYTES = 1_024;

/**
 * Asks the link's metadata service for what is at `path`, such as `/v1/subscriber.tags.pref`. The service knows the SIM
 * by the link itself: nothing is sent that could be stolen.
 *
 * @param mostBytes a longer answer is cut there
 * @returns the answer without white space around it; undefined where the service has nothing at `path`
 * @throws TashikaError `METADATA_UNREACHABLE` for no answer, and for one that is not the service's
 */
export async function askMetadata(
  options: MetadataOptions,
  path: string,
  signal: AbortSignal,
  mostBytes = ANSWER_BYTES,
): Promise<string | undefined> {
  const base = new URL(options.url);
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
    const whole = `${base.pathname.replace(/\/$/, '')}${path}`;
    const answer = await client.request({ method: 'GET', path: whole, signal: limit.signal });
    status = answer.statusCode;
    text = (await beginningOf(answer.body, mostBytes)).trim();
  } catch (error) {
    const reason = limit.passed ? `no answer in ${timeoutMs} ms` : messageOf(error);
    throw unreachable(`The metadata service at ${base.origin} does not answer: ${reason}`, error);
  } finally {
    limit.clear();
    void client.destroy();
  }
  if (status === 404) return undefined;
  if (status === 200 && !text.startsWith('<')) return text;
  // A page is what a portal answers for every name there is.
  throw unreachable(`The metadata service answers ${status}: ${text.slice(0, 200)}`);
}

function unreachable(message: string, cause?: unknown): TashikaError {
  return new TashikaError('METADATA_UNREACHABLE', message, { cause });
}
