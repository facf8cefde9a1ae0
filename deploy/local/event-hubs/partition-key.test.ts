import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { partitionOfKey } from './partition-key.ts';

const require = createRequire(import.meta.url);
const sdk = require(join(dirname(require.resolve('@azure/event-hubs')), 'impl', 'partitionKeyToIdMapper.js')) as {
  mapPartitionKeyToId(key: string, count: number): number;
};

/** A generator of numbers that is the same in every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe('the partition of a key', () => {
  it('is the one that the SDK’s buffered producer computes, for keys of every length and any script', () => {
    const random = seeded(1);
    const alphabet = [...'abcXYZ019-_/ äé東京都札幌😀\u0000\u007f'];
    for (let length = 0; length <= 64; length += 1) {
      for (let sample = 0; sample < 40; sample += 1) {
        const key = Array.from({ length }, () => alphabet[Math.floor(random() * alphabet.length)]).join('');
        const count = 1 + Math.floor(random() * 32);
        expect([key, count, partitionOfKey(key, count)]).toEqual([key, count, sdk.mapPartitionKeyToId(key, count)]);
      }
    }
  });

  it('spreads a thousand devices over all partitions', () => {
    const partitions = new Set(Array.from({ length: 1000 }, (_, device) => partitionOfKey(`device-${device}`, 32)));
    expect(partitions.size).toBe(32);
  });
});
