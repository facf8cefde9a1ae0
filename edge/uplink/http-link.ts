import { messageOf } from '@tashika/shared/errors';
import { HttpClient } from '../http/index.ts';
import type { Link, LinkOptions } from './link.ts';
import { judgeUnified } from './unified-verdict.ts';
import { judge } from './verdict.ts';

/** HTTP over one connection that is kept alive: each new one costs radio time and bytes. */
export function httpLink({ url, entry, localAddress, timeoutMs, lookup }: LinkOptions): Link {
  const { origin, pathname, search } = new URL(url);
  const client = new HttpClient({ origin, localAddress, timeoutMs, lookup });
  const path = pathname + search;
  const headers = { 'content-type': 'application/json' };
  let heardBytes = 0;
  const verdictOf = entry === 'unified' ? judgeUnified : judge;
  return {
    async post(body, signal) {
      try {
        const answer = await client.exchange({ method: 'POST', path, headers, body }, signal);
        heardBytes += answer.headBytes + Buffer.byteLength(answer.body);
        return verdictOf(answer);
      } catch (error) {
        return { kind: 'failed', reason: messageOf(error) };
      }
    },
    get opened() {
      return client.opened;
    },
    get heardBytes() {
      return heardBytes;
    },
    close: () => client.close(),
  };
}
