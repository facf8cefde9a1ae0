import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Clock, type Duration, systemClock, type TimerHandle, type Timestamp } from '@tashika/shared/time';

/**
 * A clock whose monotonic time is comparable between processes of one boot, so that a reading taken before a restart
 * of the agent can still be timed exactly after it.
 */
export interface BootClock extends Clock {
  /** Names the boot that `monotonic()` counts in; other boots' monotonic times say nothing here. */
  readonly bootId: string;
}

/**
 * The machine's clock. On Linux `process.hrtime` is CLOCK_MONOTONIC: it counts from boot, does not jump, and stands
 * still while the machine is suspended (a Pi is not). Where the system names no boot, the process is its own.
 */
export function machineClock(bootIdFile = '/proc/sys/kernel/random/boot_id'): BootClock {
  // `performance.now` reads the same clock, from the start of the process, and makes no BigInt each time.
  const startedAt = Number(process.hrtime.bigint() / 1_000n) / 1_000 - performance.now();
  return {
    bootId: readBootId(bootIdFile),
    now: (): Timestamp => systemClock.now(),
    monotonic: (): Duration => startedAt + performance.now(),
    after: (delayMs, callback): TimerHandle => systemClock.after(delayMs, callback),
    sleep: (delayMs, signal): Promise<void> => systemClock.sleep(delayMs, signal),
  };
}

function readBootId(file: string): string {
  try {
    const id = readFileSync(file, 'utf8').trim();
    if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) return id;
  } catch {
    // Not Linux, or /proc is hidden.
  }
  return randomUUID();
}
