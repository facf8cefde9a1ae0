import { once } from 'node:events';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { streamOver } from './stream-over.ts';

async function* partsOf(source: Readable): AsyncGenerator<Buffer> {
  yield* source as AsyncIterable<Buffer>;
}

const endless = () => new Readable({ read() {} });

it('a stream that is destroyed lets go of its source, although nobody had read from it', async () => {
  const source = endless();
  const stream = streamOver(source, partsOf(source));
  stream.destroy();
  await once(stream, 'close');
  expect(source.destroyed).toBe(true);
});

it('an error of the source that comes before the first read is told to who reads then', async () => {
  const source = endless();
  const stream = streamOver(source, partsOf(source));
  source.destroy(new Error('the link broke'));
  await setImmediate();
  await expect(stream.toArray()).rejects.toThrow('the link broke');
});
