import { join } from 'node:path';
import { type OpenSpool, openSpool, type Reading } from '@tashika/edge/spool';
import { systemClock } from '@tashika/shared/time';
import { median, type Result, told } from './result.ts';
import type { Scene } from './scene.ts';

const ROUNDS = 5;
const NEVER_MS = 60_000;

/** Appends a second until the last one is durable: forced to the disk every 100 ms, after each 100, and only at the end. */
export async function spoolAppends(scene: Scene, readings: number): Promise<readonly Result[]> {
  const ways = {
    'fsync every 100 ms': { fsyncMs: 100, fsyncReadings: 1_000_000 },
    'fsync every 100 readings': { fsyncMs: NEVER_MS, fsyncReadings: 100 },
    'one fsync at the end': { fsyncMs: NEVER_MS, fsyncReadings: 1_000_000 },
  };
  const speeds = new Map<string, number[]>();
  for (let round = 0; round < ROUNDS; round++)
    for (const [name, fsync] of Object.entries(ways)) {
      const directory = join(scene.directory, `spool-${round}-${name.replaceAll(' ', '-')}`);
      speeds.set(name, [...(speeds.get(name) ?? []), await appendAll(directory, readings, fsync)]);
    }
  const speed = (name: keyof typeof ways) => median(speeds.get(name)!);
  return [
    told('spool, one reading at a time, each with its fsync', await oneAtATime(scene, readings / 100), 'appends/s'),
    ...Object.keys(ways).map((name) => told(`spool, ${name}`, speed(name as keyof typeof ways), 'appends/s')),
    told('… fsync every 100 ms ÷ one at the end', speed('fsync every 100 ms') / speed('one fsync at the end'), 'ratio'),
  ];
}

/** What a device would reach that waits for the disk after every reading. */
async function oneAtATime(scene: Scene, readings: number): Promise<number> {
  const { spool, close } = await open(join(scene.directory, 'spool-one-at-a-time'), {
    fsyncMs: NEVER_MS,
    fsyncReadings: 1,
  });
  const start = performance.now();
  for (let n = 0; n < readings; n++) await spool.append(reading(n));
  const speed = readings / ((performance.now() - start) / 1_000);
  await close();
  return speed;
}

async function appendAll(
  directory: string,
  readings: number,
  fsync: { fsyncMs: number; fsyncReadings: number },
): Promise<number> {
  const { spool, close } = await open(directory, fsync);
  const start = performance.now();
  const fates: Promise<unknown>[] = [];
  for (let n = 0; n < readings; n++) {
    fates.push(spool.append(reading(n)));
    if (n % 1_000 === 999) await new Promise((resolve) => setImmediate(resolve)); // as a running agent lets timers run
  }
  await spool.flush();
  await Promise.all(fates);
  const speed = readings / ((performance.now() - start) / 1_000);
  await close();
  return speed;
}

function open(directory: string, fsync: { fsyncMs: number; fsyncReadings: number }): Promise<OpenSpool> {
  return openSpool(directory, {
    clock: systemClock,
    bootId: 'bench',
    report: () => {},
    maxBytes: 1_073_741_824,
    segmentBytes: 1_048_576,
    memoryBytes: 67_108_864,
    policy: 'drop-oldest',
    ...fsync,
  });
}

function reading(n: number): Reading {
  const stamp = { monotonicMs: systemClock.monotonic(), wallMs: systemClock.now(), synced: true };
  return { name: 'env/temp', unit: 'Cel', value: n / 10, ...stamp };
}
