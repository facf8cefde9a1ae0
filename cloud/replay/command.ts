import { createReadStream } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { isTashikaError, messageOf, TashikaError } from '@tashika/shared/errors';
import { policyOf, type Watermark, type WindowPolicy } from '../windows/index.ts';
import { LineOutput } from './line-output.ts';
import { LineSplitter, type NumberedLine } from './lines.ts';
import type { ReplayOptions } from './options.ts';
import { type Recorded, readRecord } from './recording.ts';
import { Replay } from './replay.ts';
import type { WindowTotals } from './sorted-run.ts';
import { WindowTable } from './window-table.ts';

export interface ReplayStreams {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
}

/**
 * Replays a recording: with `trace` a line for each event as it is read, and in the end a line for each window. It
 * ends early, and quietly, when nobody reads what it writes.
 *
 * @throws TashikaError RECORDING_UNREADABLE; RECORDING_INVALID at the first bad line unless those are skipped, and no
 *   window has been written then; DISK_FULL for the output, or the windows that do not fit into memory
 */
export async function replayRecording(options: ReplayOptions, streams: ReplayStreams): Promise<void> {
  try {
    await replayLines(options, streams);
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code !== 'ENOSPC') throw error;
    throw new TashikaError('DISK_FULL', `the replay can't go on: ${messageOf(error)}`, { cause: error });
  }
}

async function replayLines(options: ReplayOptions, streams: ReplayStreams): Promise<void> {
  const policy = policyOf(options.windows);
  const replay = new Replay(policy);
  const output = new LineOutput(streams.stdout);
  const table = new WindowTable();
  const deadLetters = new Map<string, number>();
  let skipped = 0;
  try {
    for await (const lines of linesOf(options.file, streams.stdin)) {
      for (const line of lines) {
        const record = recordOf(line);
        if (record?.kind === 'tick') replay.tick(record.at);
        if (record?.kind === 'event') {
          const { trace, windows } = numbered(line, () => replay.event(record));
          table.add(windows);
          if (options.trace) await output.write(trace);
          else if (trace.outcome === 'dead-letter') add(deadLetters, trace.reason!);
        }
        if (record?.kind === 'bad') {
          if (!options.skipBadLines) throw badLine(line, record.fault);
          streams.stderr.write(`line ${line.number}: ${record.fault}\n`);
          skipped++;
        }
      }
      if (options.trace) await output.flush();
      if (output.isUnread) return;
    }
    for (const window of table.sorted()) {
      await output.write(windowLine(window, replay.watermark, policy));
      if (output.isUnread) return;
    }
  } finally {
    table.close();
    await output.flush();
  }
  if (deadLetters.size > 0) streams.stderr.write(deadLettersLine(deadLetters));
  if (skipped > 0) streams.stderr.write(`${skipped} bad ${skipped === 1 ? 'line' : 'lines'} passed over\n`);
}

/** The lines of the file, as many at once as a piece of it holds. */
async function* linesOf(file: string, stdin: Readable): AsyncGenerator<NumberedLine[]> {
  const splitter = new LineSplitter();
  try {
    for await (const chunk of file === '-' ? stdin : createReadStream(file)) yield splitter.push(chunk);
  } catch (error) {
    throw new TashikaError('RECORDING_UNREADABLE', `${file} can't be read: ${messageOf(error)}`, { cause: error });
  }
  yield splitter.end();
}

/** What a line says; undefined for an empty one. */
function recordOf(line: NumberedLine): Recorded | undefined {
  if ('fault' in line) return { kind: 'bad', fault: line.fault };
  return line.text.trim() === '' ? undefined : readRecord(line.text);
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function deadLettersLine(counts: ReadonlyMap<string, number>): string {
  const byReason = [...counts].map(([reason, events]) => `${reason} ${events}`).join(', ');
  return `events that are dead letters and in no window: ${byReason}; --trace tells which\n`;
}

function badLine({ number }: NumberedLine, fault: string): TashikaError {
  return new TashikaError('RECORDING_INVALID', `line ${number}: ${fault}`);
}

function numbered<Answer>(line: NumberedLine, run: () => Answer): Answer {
  try {
    return run();
  } catch (error) {
    throw isTashikaError(error, 'RECORDING_INVALID') ? badLine(line, error.message) : error;
  }
}

function windowLine(window: WindowTotals, watermark: Watermark, policy: WindowPolicy): object {
  const { windowEnd, region, readings, events, late, revision } = window;
  const settled = revision > 0 ? 'revised' : 'final';
  const state = policy.isFinal(windowEnd, watermark) ? settled : 'provisional';
  return { windowEnd: new Date(windowEnd).toISOString(), region, readings, events, late, state, revision };
}
