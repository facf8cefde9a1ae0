import { parseArgs } from 'node:util';
import { loadConfiguration } from '@tashika/shared/config';
import { isTashikaError, usageError } from '@tashika/shared/errors';
import { systemClock } from '@tashika/shared/time';
import { pino } from 'pino';
import { type CloudConfiguration, cloudRules, cloudSchema } from './config/index.ts';
import { type Role, startProgram } from './program.ts';
import { parseReplayArguments, REPLAY_HELP, replayRecording } from './replay/index.ts';

const HELP = `tashika-cloud: counts every reading exactly once, and answers for it.

  tashika-cloud all    [--config FILE]  worker and API in one process
  tashika-cloud worker [--config FILE]  reads the hub and commits; as many as there are partitions may share a hub
  tashika-cloud api    [--config FILE]  serves API, live feed, metrics and dashboard
  tashika-cloud replay FILE             what would the windows have shown? (replay --help)

  --config FILE  configuration as JSON; TASHIKA_CLOUD_… variables override it (see CONFIGURATION.md)
  --help         this text

worker and api apart need a PostgreSQL server; all can do with PGlite, PostgreSQL inside the process.

Exit codes: 0 done; 1 failed; 2 wrong usage; 78 wrong configuration.
SIGTERM or SIGINT: what has been read is committed, within 10 s; a second one stops at once.
`;

/** The last part of the 10 s is left to the exit itself. */
const STOP_WITHIN_MS = 9_500;

/** What the command has of its process. */
export type CommandProcess = Pick<NodeJS.Process, 'env' | 'stdin' | 'stdout' | 'stderr' | 'on' | 'exit'>;

interface Command {
  readonly role: Role | 'help';
  readonly config: string | undefined;
}

function parseCommand(args: readonly string[]): Command {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { config: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    });
    const [role, ...more] = positionals;
    if (values.help) return { role: 'help', config: undefined };
    if ((role === 'worker' || role === 'api' || role === 'all') && more.length === 0)
      return { role, config: values.config };
    throw new Error(role === undefined ? 'A command is missing.' : `Unknown command: ${positionals.join(' ')}.`);
  } catch (error) {
    throw usageError(error, 'tashika-cloud');
  }
}

/** Runs until a signal; answers the exit code. */
async function run(role: Role, configuration: CloudConfiguration, process: CommandProcess): Promise<number> {
  // Who reads the log may end before we do; the program goes on.
  process.stdout.on('error', () => {});
  // Node's own stream: pino's would try a broken pipe again for ever when the program exits.
  const logger = pino({ level: configuration.log.level }, process.stdout);
  const stopping = new AbortController();
  const { signal } = stopping;
  // Heeded while the program still starts, too: it may wait for a database for a long time.
  const signalled = firstSignal(process).then((name) => {
    logger.info({ signal: name }, 'tashika-cloud stops');
    systemClock.after(STOP_WITHIN_MS, () => {
      logger.error({}, 'not everything stopped in time; what was not committed is read again');
      process.exit(1);
    });
    stopping.abort();
  });
  try {
    const program = await startProgram(role, configuration, { clock: systemClock, logger, env: process.env, signal });
    logger.info({ role }, 'tashika-cloud runs');
    await signalled;
    await program.stop();
  } catch (error) {
    // A start that was given up leaves nothing running.
    if (!signal.aborted || error !== signal.reason) throw error;
  }
  return 0;
}

/** Resolves with the first signal to stop; the second one ends the process where it stands. */
function firstSignal(process: CommandProcess): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let signals = 0;
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.on(signal, () => {
        signals++;
        if (signals > 1) process.exit(1);
        resolve(signal);
      });
  });
}

/** Replays a file of recorded events; needs no configuration. */
async function replay(args: readonly string[], process: CommandProcess): Promise<number> {
  const options = parseReplayArguments(args);
  if (options) await replayRecording(options, process);
  else process.stdout.write(REPLAY_HELP);
  return 0;
}

async function obey(args: readonly string[], process: CommandProcess): Promise<number> {
  if (args[0] === 'replay') return replay(args.slice(1), process);
  const { role, config: file } = parseCommand(args);
  if (role === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  const { env } = process;
  const configuration = loadConfiguration({
    schema: cloudSchema,
    prefix: 'TASHIKA_CLOUD',
    file,
    env,
    rules: cloudRules,
  });
  return run(role, configuration, process);
}

function exitCodeOf(error: unknown): number {
  if (isTashikaError(error, 'USAGE')) return 2;
  const ofConfiguration = ['CONFIG_INVALID', 'CONFIG_UNREADABLE', 'ADDRESS_REFUSED'] as const;
  return ofConfiguration.some((code) => isTashikaError(error, code)) ? 78 : 1;
}

/** Does what the command line says until it is done, says what went wrong if it can't, and answers the exit code. */
export async function runCommand(args: readonly string[], process: CommandProcess): Promise<number> {
  try {
    return await obey(args, process);
  } catch (error) {
    process.stderr.write(
      isTashikaError(error) ? `${error.code}: ${error.message}\n` : `${(error as Error)?.stack ?? error}\n`,
    );
    return exitCodeOf(error);
  }
}
