#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { isTashikaError, usageError } from '@tashika/shared/errors';
import { configurationOf, type LocalSettings, readLocalSettings } from './config/index.ts';
import { complaint, loggers } from './log/index.ts';
import { SPOOL_ACTIONS, type SpoolAction } from './spool-command/actions.ts';
import { VERSION } from './version.ts';

const HELP = `tashika-edge: takes readings, keeps them, and sends each of them.

  tashika-edge run          [--config FILE]           run the agent
  tashika-edge check        [--config FILE] [--json]  look at everything that the agent needs, a line each
  tashika-edge spool stats  [--config FILE] [--json]  what waits in the spool
  tashika-edge spool verify [--config FILE] [--json]  read every byte of the spool, and change none
  tashika-edge spool export [--config FILE] [--all]   what waits in the spool as JSON lines; it is sent all the same
  tashika-edge update       [--config FILE] [--once]  ask for images, install them, confirm or take them back

  --config FILE  configuration as JSON; TASHIKA_EDGE_… variables override it (see CONFIGURATION.md)
  --json         the result as one JSON object
  --all          what was sent too, as far as it is still on the disk
  --once         ask one time, and bring to its end what is there
  --version      the version
  --help         this text

check sends one message that bears no reading and is not counted. All but run work beside a running agent; update is
meant to, as a service of its own.
Exit codes: 0 done; 1 failed, or check or verify found a failure; 2 wrong usage; 78 wrong configuration.
SIGTERM or SIGINT: readings at hand are made durable and sent, within 10 s; a second one stops at once.
`;

type Command =
  | { readonly name: 'run' | 'check' | 'update' | 'help' | 'version' }
  | { readonly name: 'spool'; readonly action: SpoolAction };

interface Options {
  readonly config: string | undefined;
  readonly json: boolean;
  readonly all: boolean;
  readonly once: boolean;
}

function parseCommand(args: readonly string[]): readonly [Command, Options] {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        config: { type: 'string' },
        json: { type: 'boolean' },
        all: { type: 'boolean' },
        once: { type: 'boolean' },
        version: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    const { config, json = false, all = false, once = false, help, version } = values;
    const command: Command = help ? { name: 'help' } : version ? { name: 'version' } : commandOf(positionals);
    return [command, { config, json, all, once }];
  } catch (error) {
    throw usageError(error, 'tashika-edge');
  }
}

function commandOf(words: readonly string[]): Command {
  const [name, action, ...more] = words;
  if ((name === 'run' || name === 'check' || name === 'update') && action === undefined) return { name };
  const known = SPOOL_ACTIONS.find((each) => each === action);
  if (name === 'spool' && known && more.length === 0) return { name, action: known };
  if (name === 'spool' && action === undefined) throw new Error(`spool needs one of ${SPOOL_ACTIONS.join(', ')}.`);
  throw new Error(name === undefined ? 'A command is missing.' : `Unknown command: ${words.join(' ')}.`);
}

/** Aborted by the first SIGTERM or SIGINT; a second one ends the process. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(1);
      stop.abort();
    });
  }
  return stop.signal;
}

async function run(local: LocalSettings): Promise<number> {
  const stop = stopSignal();
  const { live } = await import('./life/index.ts');
  const { serviceManager } = await import('./watchdog/index.ts');
  const { env } = process;
  const logger = loggers(env);
  await live({ local, loggerOf: ({ log }) => logger(log.level), stop, manager: serviceManager(env) });
  return 0;
}

/** A process of its own, which loads nothing of sensors and spool: it can take no reading down. */
async function update(local: LocalSettings, once: boolean): Promise<number> {
  const stop = stopSignal();
  const { runUpdater } = await import('./update/index.ts');
  const logger = loggers(process.env);
  return runUpdater({ local, loggerOf: ({ log }) => logger(log.level), stop, once });
}

async function main(args: readonly string[]): Promise<number> {
  const [command, { config, json, all, once }] = parseCommand(args);
  const { stdout } = process;
  if (command.name === 'help' || command.name === 'version') {
    stdout.write(command.name === 'help' ? HELP : `${VERSION}\n`);
    return 0;
  }
  const local = readLocalSettings(config, process.env);
  if (command.name === 'run') return run(local);
  if (command.name === 'update') return update(local, once);
  // Whoever reads along may have seen enough, as `head` has.
  stdout.on('error', () => process.exit(0));
  if (command.name === 'spool') {
    const { spoolCommand } = await import('./spool-command/index.ts');
    return spoolCommand(command.action, configurationOf(local), { stdout, json, all });
  }
  const { runCheck } = await import('./check/index.ts');
  return runCheck(local, { stdout, json });
}

function exitCodeOf(error: unknown): number {
  if (isTashikaError(error, 'USAGE')) return 2;
  return isTashikaError(error, 'CONFIG_INVALID') || isTashikaError(error, 'CONFIG_UNREADABLE') ? 78 : 1;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error) => {
    const text = isTashikaError(error) ? `${error.code}: ${error.message}` : `${error?.stack ?? error}`;
    process.stderr.write(complaint(`${text}\n`, process.env));
    process.exit(exitCodeOf(error));
  },
);
