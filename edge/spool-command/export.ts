import { contains } from '@tashika/shared/sequence';
import { datability, eventTime, type Moment, qualityOf } from '../clock/index.ts';
import { type SpooledReading, settled } from '../spool/index.ts';
import { piecesOf, streamsIn } from './disk.ts';

/** Takes text, and says when it can take more. */
export type Writer = (text: string) => Promise<void>;

/**
 * Writes the readings in the spool of `directory` as JSON lines, oldest stream first, in constant memory, and changes
 * nothing: what is exported is sent all the same.
 *
 * @param all those too that the link has taken already and that are still on the disk
 * @param now what ages refer to
 * @returns how many were written
 */
export async function exportSpool(directory: string, all: boolean, now: Moment, write: Writer): Promise<number> {
  let written = 0;
  for (const { stream, state, segments, newerFormat } of await streamsIn(directory)) {
    if (newerFormat !== undefined) continue; // only the agent that wrote it can read it
    const done = state ? settled(state) : [];
    for (const segment of segments)
      for await (const { readings } of piecesOf(stream, segment)) {
        const wanted = all ? readings : readings.filter(({ sequence }) => !contains(done, sequence));
        if (wanted.length > 0) await write(wanted.map((reading) => `${lineOf(stream, reading, now)}\n`).join(''));
        written += wanted.length;
      }
  }
  return written;
}

/** One reading: its number, what it is, and its time as the uplink would send it now. */
function lineOf(stream: string, reading: SpooledReading, now: Moment): string {
  const { sequence, name, unit, value, suspect, priority, region } = reading;
  const time = eventTime(reading, now);
  return JSON.stringify({
    stream,
    seq: sequence,
    n: name,
    u: unit === '' ? undefined : unit,
    value,
    time: 'at' in time ? new Date(time.at).toISOString() : undefined,
    agoMs: 'ago' in time ? Math.round(time.ago) : undefined,
    clock: qualityOf(datability(reading, now.bootId), now),
    suspect,
    priority,
    region,
  });
}
