import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@tashika/shared/time';
import type { BatchLimit } from '../batch.ts';
import { openSpool } from '../open.ts';
import type { SpoolOptions } from '../options.ts';
import { checksumSeed, RecordWriter } from '../record.ts';
import { encodeSegmentHeader, SEGMENT_HEADER_BYTES, segmentName } from '../segment.ts';
import { encodeSlot, NEW_STREAM, SLOT_BYTES } from '../stream-state.ts';
import { BOOT } from './open-spool.ts';

const STREAM = 'backlogAAAA';
const SEGMENT_BYTES = 1_048_576;
const MEBIBYTE = 1_048_576;
/** As an uplink asks at the defaults. */
const LIMIT: BatchLimit = { bytes: 32_768, sizeOf: () => 80, together: () => true };

/** Files of a spool that has waited for long, as the spool itself would have written them, in segments of 1 MiB. */
export async function writeBacklog(directory: string, bytes: number): Promise<{ readonly readings: number }> {
  const folder = join(directory, 'spool', `000001.${STREAM}`);
  await mkdir(folder, { recursive: true });
  const seed = checksumSeed(STREAM);
  let sequence = 0;
  for (let written = 0; written < bytes; ) {
    const records = new RecordWriter(seed);
    const file = await open(join(folder, segmentName(sequence + 1)), 'wx');
    while (records.length < SEGMENT_BYTES - SEGMENT_HEADER_BYTES - 128)
      records.add(++sequence, {
        name: 'env/temp',
        unit: 'Cel',
        value: sequence / 10,
        monotonicMs: sequence,
        wallMs: sequence,
        synced: true,
      });
    await file.write(encodeSegmentHeader(BOOT));
    await file.write(records.bytes);
    await file.close();
    written += SEGMENT_HEADER_BYTES + records.length;
  }
  const state = Buffer.alloc(2 * SLOT_BYTES);
  encodeSlot(1, { ...NEW_STREAM, last: sequence }).copy(state);
  const file = await open(join(folder, 'state'), 'wx');
  await file.write(state);
  await file.close();
  return { readings: sequence };
}

export interface BacklogFigures {
  readonly held: number;
  /** From nothing to the first batch at hand. */
  readonly readyMs: number;
  /** By how much the resident memory of this process grew meanwhile, at most. */
  readonly openingBytes: number;
  /** … and until `replayed` readings had been read and acknowledged. */
  readonly replayingBytes: number;
  readonly replayed: number;
}

/**
 * Opens a spool with a backlog and reads some of it. Meant for a process of its own, whose memory is measured: what it
 * held before counts as its floor.
 */
export async function openBacklog(
  directory: string,
  replay: number,
  options: Partial<SpoolOptions> = {},
): Promise<BacklogFigures> {
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  let most = before;
  const look = () => {
    most = Math.max(most, process.memoryUsage.rss());
  };
  const startedAt = performance.now();
  const { spool, close } = await openSpool(directory, {
    clock: systemClock,
    bootId: BOOT,
    report: () => {},
    maxBytes: 16_384 * MEBIBYTE,
    segmentBytes: SEGMENT_BYTES,
    fsyncMs: 500,
    fsyncReadings: 1_000,
    memoryBytes: 4 * MEBIBYTE,
    policy: 'drop-oldest',
    ...options,
  });
  const { held } = spool.figures;
  let batch = await spool.read(LIMIT);
  const readyMs = performance.now() - startedAt;
  look();
  const openingBytes = most - before;
  let replayed = 0;
  for (; batch && replayed < replay; batch = await spool.read(LIMIT)) {
    await spool.acknowledge(batch);
    replayed += batch.readings.length;
    look();
  }
  await close();
  return { held, readyMs, openingBytes, replayingBytes: most - before, replayed };
}
