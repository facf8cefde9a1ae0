import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { takePiece } from './piece.ts';

const BYTES = Buffer.alloc(10);
const asked = { path: '/bundle', from: 0, bytes: 100, size: BYTES.length, most: 1_000 };
const answerOf = (chunks: Iterable<Buffer>, headers: IncomingMessage['headers']) =>
  Object.assign(Readable.from(chunks), { statusCode: 200, headers }) as unknown as IncomingMessage;

describe('a piece that the disk does not take', () => {
  it.each([
    ['told', { 'content-length': '10' }],
    ['not told', {}],
  ])('is no fault of the server, where its length is %s', async (_what, headers) => {
    const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    const taken = takePiece(answerOf([BYTES], headers), asked, undefined, () => Promise.reject(full));
    await expect(taken).rejects.toBe(full);
  });
});

describe('a piece of an unknown length', () => {
  it('whose connection breaks is none, because nothing tells a page from a bundle', async () => {
    function* broken() {
      yield BYTES.subarray(0, 4);
      throw new Error('aborted');
    }
    const taken = takePiece(answerOf(broken(), {}), asked, undefined, async () => undefined);
    expect(await taken).toMatchObject({ kind: 'later', spoiled: true });
  });
});
