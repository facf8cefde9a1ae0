import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { eventBody, regionOf, timestampOf } from '../events.ts';

const MINUTE_MS = 60_000;
const LINES_AT_ONCE = 2_000;

/** Counts of events by the end of their minute (Unix milliseconds) and region: `"1780315200000 13"`. */
export type Counts = ReadonlyMap<string, number>;

/** What the first `events` events come to, by construction. */
export function expectedCounts(events: number): Counts {
  const counts = new Map<string, number>();
  for (let n = 0; n < events; n++) {
    const key = `${Math.ceil(timestampOf(n) / MINUTE_MS) * MINUTE_MS} ${regionOf(n)}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/** @throws Error that names the first difference */
export function requireSame(name: string, found: Counts, expected: Counts): void {
  if (found.size !== expected.size) throw new Error(`${name} has ${found.size} counts, not ${expected.size}.`);
  for (const [key, count] of expected)
    if (found.get(key) !== count) throw new Error(`${name} counts ${found.get(key)} at ${key}, not ${count}.`);
}

/**
 * The same events as JSON lines, as `tashika-cloud replay` takes them. No line feed after the last one: to Node-RED it
 * would be followed by an empty line.
 */
export async function writeRecording(file: string, events: number, partitions: number): Promise<void> {
  const stream = createWriteStream(file);
  for (let n = 0; n < events; ) {
    const lines: string[] = [];
    for (; n < events && lines.length < LINES_AT_ONCE; n++) {
      const enqueuedTime = new Date(timestampOf(n)).toISOString();
      const lineFeed = n === 0 ? '' : '\n';
      lines.push(
        `${lineFeed}{"partition":"${n % partitions}","enqueuedTime":"${enqueuedTime}","body":${eventBody(n)}}`,
      );
    }
    if (!stream.write(lines.join(''))) await once(stream, 'drain');
  }
  stream.end();
  await finished(stream);
}
