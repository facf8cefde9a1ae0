import type { Readable } from 'node:stream';
import { streamOver } from './stream-over.ts';

/** The same bytes; what goes wrong on the way is told as `failure` says. Destroying it destroys `content`. */
export function translated(content: Readable, failure: (error: unknown) => Error): Readable {
  async function* parts(): AsyncGenerator<Buffer> {
    try {
      yield* content as AsyncIterable<Buffer>;
    } catch (error) {
      throw failure(error);
    }
  }
  return streamOver(content, parts());
}
