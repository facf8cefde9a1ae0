import { describe, expect, it } from 'vitest';
import { seededRandom } from '../testing/random.ts';
import { LineSplitter, TOO_LONG } from './line-splitter.ts';

function split(maxLineBytes: number, ...chunks: readonly (string | Uint8Array)[]): (string | typeof TOO_LONG)[] {
  const splitter = new LineSplitter(maxLineBytes);
  return chunks.flatMap((chunk) => [...splitter.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)]);
}

describe('the line splitter', () => {
  it('ends a line at LF, CR or both, and skips empty lines', () => {
    expect(split(64, 'a\nb\rc\r\n\n\nd\r', '\ne')).toEqual(['a', 'b', 'c', 'd']);
  });

  it('gives the same lines however the bytes are cut into chunks', () => {
    const random = seededRandom(20260101);
    for (let round = 0; round < 200; round++) {
      const lines = Array.from({ length: 20 }, () => '温度é{":,x'.slice(0, 1 + Math.floor(random() * 10)));
      const bytes = Buffer.from(lines.map((line) => line + (random() < 0.5 ? '\n' : '\r\n')).join(''));
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; ) {
        const end = at + 1 + Math.floor(random() * 12);
        chunks.push(bytes.subarray(at, end));
        at = end;
      }
      expect(split(64, ...chunks)).toEqual(lines);
    }
  });

  it('takes a line of exactly the longest length, and one byte more is too long', () => {
    expect(split(4, 'abcd\nabcde\nok\n')).toEqual(['abcd', TOO_LONG, 'ok']);
    expect(split(4, 'ab', 'cd', '\n', 'abc', 'de', '\n', 'ok\n')).toEqual(['abcd', TOO_LONG, 'ok']);
  });

  it('costs one line and no memory when a device never ends it', () => {
    const splitter = new LineSplitter(4_096);
    const garbage = Buffer.alloc(65_536, 0x55);
    const before = process.memoryUsage();
    for (let n = 0; n < 1_000; n++) expect([...splitter.push(garbage)]).toEqual([]);
    const grown = process.memoryUsage();
    expect(grown.arrayBuffers - before.arrayBuffers).toBeLessThan(1_000_000);
    expect([...splitter.push(Buffer.from('\nok\n'))]).toEqual([TOO_LONG, 'ok']);
  });
});
