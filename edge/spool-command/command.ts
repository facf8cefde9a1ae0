import { once } from 'node:events';
import { holderOf } from '@tashika/shared/data-directory';
import { messageOf, TashikaError } from '@tashika/shared/errors';
import { count, type SequenceRanges } from '@tashika/shared/sequence';
import { askSynchronised, machineClock } from '../clock/index.ts';
import type { EdgeConfiguration } from '../config/index.ts';
import { settled } from '../spool/index.ts';
import type { SpoolAction } from './actions.ts';
import { lastNumberIn, streamsIn } from './disk.ts';
import { exportSpool } from './export.ts';
import { isWhole, type StreamReport, verifySpool } from './verify.ts';

export interface SpoolCommandOptions {
  readonly stdout: NodeJS.WritableStream;
  /** One JSON object instead of lines for a person; what is exported is JSON anyway. */
  readonly json: boolean;
  /** Export what has been sent, too. */
  readonly all: boolean;
}

/**
 * `tashika-edge spool`: looks at the spool on the disk without a lock and without a change, so that it may be run
 * beside a working agent.
 *
 * @returns the exit code: 0, or 1 when `verify` found damage
 * @throws TashikaError `DATA_DIRECTORY_UNREADABLE`
 */
export async function spoolCommand(
  action: SpoolAction,
  configuration: Pick<EdgeConfiguration, 'dataDirectory' | 'clock'>,
  options: SpoolCommandOptions,
): Promise<number> {
  try {
    return await look(action, configuration, options);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw new TashikaError(
      'DATA_DIRECTORY_UNREADABLE',
      `The spool in ${configuration.dataDirectory} can't be read (${messageOf(error)}). Run this as the agent's user, or as root.`,
      { cause: error },
    );
  }
}

async function look(
  action: SpoolAction,
  { dataDirectory, clock }: Pick<EdgeConfiguration, 'dataDirectory' | 'clock'>,
  { stdout, json, all }: SpoolCommandOptions,
): Promise<number> {
  const print = async (text: string) => void (stdout.write(text) || (await once(stdout, 'drain')));
  if (action === 'export') {
    const machine = machineClock();
    const synced = await askSynchronised(clock.trusted);
    const moment = { bootId: machine.bootId, monotonicMs: machine.monotonic(), wallMs: machine.now(), synced };
    await exportSpool(dataDirectory, all, moment, print);
    return 0;
  }
  const agent = (await holderOf(dataDirectory)) ?? null;
  if (action === 'stats') {
    const streams = await stats(dataDirectory);
    await print(
      json ? `${JSON.stringify({ dataDirectory, agent, streams })}\n` : statsText(dataDirectory, agent, streams),
    );
    return 0;
  }
  const streams = await verifySpool(dataDirectory);
  const whole = streams.every(isWhole);
  await print(
    json ? `${JSON.stringify({ dataDirectory, agent, whole, streams })}\n` : verifyText(dataDirectory, agent, streams),
  );
  return whole ? 0 : 1;
}

/** What the state, the names of the files and the last file say: as much as an agent reads to start. */
interface StreamStats {
  readonly stream: string;
  readonly segments: number;
  readonly bytes: number;
  /** The highest number that is known to be given out. */
  readonly last: number;
  /** Numbers up to `last` that wait for the link, as far as the state knows: it is noted every few seconds. */
  readonly held: number;
  /** Accepted by the link and kept until the cloud confirms them. */
  readonly unconfirmed: number;
  readonly untold: SequenceRanges;
  readonly stateReadable: boolean;
  /** Set where a newer agent wrote it, and it can't be read here. */
  readonly newerFormat?: number;
}

async function stats(directory: string): Promise<readonly StreamStats[]> {
  const found: StreamStats[] = [];
  for (const { stream, state, segments, newerFormat } of await streamsIn(directory)) {
    // The state knows of what was sent; what came since the link failed is in the files alone.
    const inFiles = newerFormat === undefined ? await lastNumberIn(stream, segments) : 0;
    const last = Math.max(state?.last ?? 0, inFiles);
    found.push({
      stream,
      segments: segments.length,
      bytes: segments.reduce((sum, { bytes }) => sum + bytes, 0),
      last,
      held: state ? Math.max(0, last - count(settled(state))) : 0,
      unconfirmed: state ? count(state.sent) : 0,
      untold: state?.untold ?? [],
      stateReadable: state !== undefined,
      ...(newerFormat !== undefined && { newerFormat }),
    });
  }
  return found;
}

function files(segments: number): string {
  return segments === 1 ? '1 file' : `${segments} files`;
}

function heading(directory: string, agent: string | null, streams: number): string {
  const who = agent === null ? 'no agent is at work in it' : `the agent, ${agent}, is at work in it`;
  return streams === 0 ? `${directory} holds no spool; ${who}.\n` : `The spool in ${directory}; ${who}.\n`;
}

function statsText(directory: string, agent: string | null, streams: readonly StreamStats[]): string {
  const lines = streams.map((each) => {
    const { stream, segments, bytes, last, held, unconfirmed, untold, stateReadable } = each;
    if (each.newerFormat !== undefined) return newerText({ ...each, newerFormat: each.newerFormat });
    if (!stateReadable) return `${stream}: ${files(segments)}, ${bytes} bytes; its state can't be read.\n`;
    const kept = unconfirmed > 0 ? ` ${unconfirmed} are sent and wait to be confirmed.` : '';
    const lost = untold.length > 0 ? ` ${count(untold)} are lost, which the cloud is yet to be told.` : '';
    return `${stream}: ${files(segments)}, ${bytes} bytes, numbers up to ${last}; ${held} wait for the link.${kept}${lost}\n`;
  });
  return heading(directory, agent, streams.length) + lines.join('');
}

function newerText({
  stream,
  segments,
  bytes,
  newerFormat,
}: {
  readonly stream: string;
  readonly segments: number;
  readonly bytes: number;
  readonly newerFormat: number;
}): string {
  return `${stream}: ${files(segments)}, ${bytes} bytes, written by a newer agent in format ${newerFormat}; left as it is until that agent is installed again.\n`;
}

function verifyText(directory: string, agent: string | null, streams: readonly StreamReport[]): string {
  return heading(directory, agent, streams.length) + streams.map(streamText).join('');
}

function streamText(report: StreamReport): string {
  const { stream, segments, bytes, readings, first, last, held, damaged, unfinishedBytes, missing } = report;
  if (report.newerFormat !== undefined) return newerText({ ...report, newerFormat: report.newerFormat });
  const numbers = readings === 0 ? 'no readings' : `${readings} readings, numbers ${first} to ${last}`;
  const lines = [`${stream}: ${files(segments)}, ${bytes} bytes, ${numbers}; ${held} wait for the link.`];
  if (!report.stateReadable)
    lines.push('  Its state is damaged: all of it is sent again, and a new stream begins with the next start.');
  for (const each of damaged) lines.push(`  ${each.file} has ${each.bytes} bytes that are no readings.`);
  if (missing.length > 0) lines.push(`  Missing: ${missing.map(([a, b]) => (a === b ? a : `${a}–${b}`)).join(', ')}.`);
  if (damaged.length > 0 || missing.length > 0)
    lines.push(
      '  There is nothing to repair by hand: the agent tells the cloud what is lost. Look for a failing card.',
    );
  if (unfinishedBytes > 0)
    lines.push(
      `  ${unfinishedBytes} bytes at its end are unfinished; the next start cuts them off, if no agent writes there.`,
    );
  if (isWhole(report)) lines.push('  Whole.');
  return `${lines.join('\n')}\n`;
}
