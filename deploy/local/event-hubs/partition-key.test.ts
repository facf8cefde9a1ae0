import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { seededChance } from '@tashika/shared/chance';
import { describe, expect, it } from 'vitest';
import { partitionOfKey } from './partition-key.ts';

const require = createRequire(import.meta.url);
const sdk = require(join(dirname(require.resolve('@azure/event-hubs')), 'impl', 'partitionKeyToIdMapper.js')) as {
  mapPartitionKeyToId(key: string, count: number): number;
};

describe('the partition of a key', () => {
  it('is the one that the SDK’s buffered producer computes, for keys of every length and any script', () => {
    const chance = seededChance(1);
    const alphabet = [...'abcXYZ019-_/ äé東京都札幌😀\u0000\u007f'];
    for (let length = 0; length <= 64; length += 1) {
      for (let sample = 0; sample < 40; sample += 1) {
        const key = Array.from({ length }, () => alphabet[Math.floor(chance.next() * alphabet.length)]).join('');
        const count = 1 + Math.floor(chance.next() * 32);
        expect([key, count, partitionOfKey(key, count)]).toEqual([key, count, sdk.mapPartitionKeyToId(key, count)]);
      }
    }
  });

  it('spreads a thousand devices over all partitions', () => {
    const partitions = new Set(Array.from({ length: 1000 }, (_, device) => partitionOfKey(`device-${device}`, 32)));
    expect(partitions.size).toBe(32);
  });
});
