import { messageOf } from '@tashika/shared/errors';
import type { Clock, Duration } from '@tashika/shared/time';

export type Method = 'GET' | 'PUT' | 'POST' | 'DELETE';

export interface ApiAnswer {
  readonly status: number;
  /** The JSON of the answer; undefined where it has no body. */
  readonly body: unknown;
  readonly headers: Headers;
}

export interface TransportOptions {
  readonly clock: Clock;
  readonly fetch?: typeof fetch;
  /** How long an answer may take, in ms; standard 30 s. */
  readonly timeoutMs?: Duration;
}

interface Message {
  readonly url: string;
  readonly method: Method;
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined for none. */
  readonly body: unknown;
}

/** No answer, or none that can be read. */
export class Unanswered extends Error {}

const TIMEOUT_MS: Duration = 30_000;
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * Sends one request and reads its answer whole.
 *
 * @throws Unanswered
 */
export async function sent(
  { url, method, headers, body }: Message,
  { clock, fetch: given, timeoutMs = TIMEOUT_MS }: TransportOptions,
): Promise<ApiAnswer> {
  const timeout = new AbortController();
  const timer = clock.after(timeoutMs, () => timeout.abort(new Error(`no answer within ${timeoutMs} ms`)));
  const content = body === undefined ? {} : { 'content-type': 'application/json' };
  try {
    const answer = await (given ?? fetch)(url, {
      method,
      headers: { ...headers, accept: 'application/json', ...content },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: 'error', // the token is for this host alone
      signal: timeout.signal,
    });
    return { status: answer.status, headers: answer.headers, body: jsonOf(await textOf(answer), answer.status) };
  } catch (error) {
    if (error instanceof Unanswered) throw error;
    throw new Unanswered(messageOf((error as Error).cause ?? error));
  } finally {
    timer.cancel();
  }
}

/** An expired token is 401; for some paths the API's description says 400. */
export function isTokenRefusal({ status, body }: ApiAnswer): boolean {
  if (status === 401) return true;
  const message = (body as { message?: unknown } | undefined)?.message;
  return status === 400 && typeof message === 'string' && /token/i.test(message) && /expired/i.test(message);
}

async function textOf(answer: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of answer.body ?? []) {
    bytes += part.length;
    if (bytes > MOST_BYTES) throw new Unanswered(`an answer of more than ${MOST_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** A page of a proxy is no answer of SORACOM's; an error's body may be anything. */
function jsonOf(text: string, status: number): unknown {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    if (status >= 400) return { message: text };
    throw new Unanswered('an answer that is not JSON');
  }
}
