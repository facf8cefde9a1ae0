import { messageOf, TashikaError } from '@tashika/shared/errors';
import type { Duration } from '@tashika/shared/time';
import { HttpClient } from '../http/index.ts';

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
  const client = new HttpClient({ ...options, origin: base.origin });
  let status: number;
  let text: string;
  try {
    const whole = `${base.pathname.replace(/\/$/, '')}${path}`;
    const answer = await client.exchange({ method: 'GET', path: whole }, signal, mostBytes);
    status = answer.status;
    text = answer.body.trim();
  } catch (error) {
    throw unreachable(`The metadata service at ${base.origin} does not answer (${messageOf(error)}).`, error);
  } finally {
    await client.close();
  }
  if (status === 404) return undefined;
  if (status === 200 && !text.startsWith('<')) return text;
  // A page is what a portal answers for every name there is.
  throw unreachable(`The metadata service answers ${status} (${text.slice(0, 200)}).`);
}

function unreachable(message: string, cause?: unknown): TashikaError {
  return new TashikaError('METADATA_UNREACHABLE', message, { cause });
}
