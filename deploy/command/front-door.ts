import { isTashikaError, messageOf } from '@tashika/shared/errors';
import { type Clock, systemClock } from '@tashika/shared/time';
import { type Asked, groupNameIn, parseCommandLine } from './command-line.ts';
import { type CommandProcess, openContext } from './context.ts';
import { exitCodeOf } from './exit-code.ts';
import { GROUPS, type LazyGroup } from './groups.ts';
import { Interruption, type SignalledProcess } from './interruption.ts';

const USUAL_COLUMNS = 100;
const MOST_COLUMNS = 120;

/** What the front door has of its process. */
export interface FrontDoorProcess extends CommandProcess, SignalledProcess {
  readonly stdout: NodeJS.WritableStream & { readonly columns?: number };
}

export interface FrontDoor {
  readonly version: string;
  readonly groups?: readonly LazyGroup[];
  readonly clock?: Clock;
}

/**
 * `tashika`: reads the command line, runs what it asks for, prints what went wrong.
 *
 * @returns what the process ends with
 */
export async function frontDoor(
  args: readonly string[],
  process: FrontDoorProcess,
  { version, groups = GROUPS, clock = systemClock }: FrontDoor,
): Promise<number> {
  // Who reads may have seen enough (`tashika … | head`); what is under way is finished all the same.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const json = args.slice(0, args.includes('--') ? args.indexOf('--') : undefined).includes('--json');
  try {
    const name = groupNameIn(args, groups);
    const group = await groups.find((each) => each.name === name)?.load();
    const width = Math.min(process.stdout.columns ?? USUAL_COLUMNS, MOST_COLUMNS);
    const asked = parseCommandLine(args, { version, groups, group, width });
    if ('text' in asked) return print(asked.text, process);
    return await runCommand(asked, process, clock);
  } catch (error) {
    explain(error, json, process);
    return exitCodeOf(error);
  }
}

function print(text: string, { stdout }: FrontDoorProcess): number {
  stdout.write(text.endsWith('\n') || text === '' ? text : `${text}\n`);
  return 0;
}

async function runCommand(
  { command, args, json, yes }: Exclude<Asked, { text: string }>,
  process: FrontDoorProcess,
  clock: Clock,
): Promise<number> {
  // A program that takes the process over heeds its signals itself.
  const interruption = command.handsOn ? undefined : new Interruption(process, clock);
  const signal = interruption?.signal ?? new AbortController().signal;
  const { context, answered, close } = openContext({ process, clock, signal, json, yes });
  try {
    const code = await command.run(args, context);
    return interruption?.exitCode ?? code;
  } catch (error) {
    close();
    explain(signal.aborted && !isTashikaError(error) ? signal.reason : error, json && !answered(), process);
    return interruption?.exitCode ?? exitCodeOf(error);
  } finally {
    close();
    interruption?.end();
  }
}

/** Says what went wrong: a sentence on stderr, or with `--json` the one document on stdout. */
function explain(error: unknown, json: boolean, { stdout, stderr }: FrontDoorProcess): void {
  const code = isTashikaError(error) ? error.code : 'INTERNAL';
  const message = messageOf(error);
  if (json) stdout.write(`${JSON.stringify({ error: { code, message } }, undefined, 2)}\n`);
  else stderr.write(`${code}: ${message}\n`);
  // A fault of the program: where it is, is what its authors need.
  if (!isTashikaError(error) && error instanceof Error && error.stack) stderr.write(`${error.stack}\n`);
}
