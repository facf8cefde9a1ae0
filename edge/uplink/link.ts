import { messageOf } from '@tashika/shared/errors';
import type { Duration } from '@tashika/shared/time';
import { Client } from 'undici';
import { beginningOf, deadline } from '../http/index.ts';
import { judge, type Verdict } from './verdict.ts';

export interface LinkOptions {
  readonly url: string;
  /** Chooses the network interface. */
  readonly localAddress?: string | undefined;
  /** For the whole of one post, connecting included. */
  readonly timeoutMs: Duration;
}

/** The way out: one post at a time, never rejecting. */
export interface Link {
  post(body: Buffer, signal: AbortSignal): Promise<Verdict>;
  close(): Promise<void>;
}

/** HTTP to Funnel's entry over one connection that is kept alive: each new one costs radio time and bytes. */
export function httpLink({ url, localAddress, timeoutMs }: LinkOptions): Link {
  const target = new URL(url);
  const client = new Client(target.origin, {
    pipelining: 1,
    keepAliveTimeout: 60_000,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect: { timeout: timeoutMs },
    ...(localAddress === undefined ? {} : { localAddress }),
  });
  return {
    async post(body, signal) {
      const limit = deadline(timeoutMs, signal);
      try {
        const answer = await client.request({
          method: 'POST',
          path: target.pathname + target.search,
          headers: { 'content-type': 'application/json' },
          body,
          signal: limit.signal,
        });
        const contentType = String(answer.headers['content-type'] ?? '');
        return judge({ status: answer.statusCode, contentType, body: await beginningOf(answer.body) });
      } catch (error) {
        return { kind: 'failed', reason: limit.passed ? `no answer in ${timeoutMs} ms` : messageOf(error) };
      } finally {
        limit.clear();
      }
    },
    close: () => client.destroy(),
  };
}
