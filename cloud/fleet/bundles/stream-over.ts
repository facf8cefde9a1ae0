import { Readable } from 'node:stream';

/**
 * `parts` as a stream, made of what `source` brings. Whoever destroys it destroys `source`, also before the first part was
 * asked for: a generator that never began does not run its `finally`.
 */
export function streamOver(source: Readable, parts: AsyncIterable<Buffer>): Readable {
  // An error that comes before it is read from is kept by it, and told to its first reader.
  source.once('error', () => undefined);
  const stream = Readable.from(parts, { objectMode: false });
  stream.once('close', () => source.destroy());
  return stream;
}
