import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBacklog, writeBacklog } from './testing/backlog.ts';

const MEBIBYTE = 1_048_576;

describe('a spool with a backlog of 96 MiB', () => {
  let directory: string;
  let readings: number;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tashika-backlog-'));
    ({ readings } = await writeBacklog(directory, 96 * MEBIBYTE));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it('opens and replays without holding it in memory', async () => {
    const { held, openingBytes, replayingBytes, replayed } = await openBacklog(directory, 200_000);
    expect([held, replayed >= 200_000]).toEqual([readings, true]);
    // What it holds at once is a segment and a batch; the rest is garbage that nobody had to collect yet.
    expect(openingBytes).toBeLessThan(32 * MEBIBYTE);
    expect(replayingBytes).toBeLessThan(64 * MEBIBYTE);
  });
});
