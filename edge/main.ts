#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { isTashikaError, usageError } from '@tashika/shared/errors';
import { configurationOf, type LocalSettings, readLocalSettings } from './config/index.ts';
import { live } from './life/index.ts';
import { loggers } from './log/index.ts';
import { serviceManager } from './watchdog/index.ts';

const HELP = `tashika-edge: takes readings, keeps them, and sends each of them.

  tashika-edge run   [--config FILE]           run the agent
  tashika-edge check [--config FILE] [--json]  look at configuration, sensors, disk, clock and link, a line each

  --config FILE  configuration as JSON; TASHIKA_EDGE_… variables override it (see CONFIGURATION.md)
  --json         the result of check as JSON
  --help         this text

Exit codes: 0 done; 1 failed, or check found a failure; 2 wrong usage; 78 wrong configuration.
SIGTERM or SIGINT: readings at hand are made durable and sent, for at most 10 s; a second one stops at once.
`;

interface Command {
  readonly name: 'run' | 'check' | 'help';
  readonly config: string | undefined;
  readonly json: boolean;
}

function parseCommand(args: readonly string[]): Command {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { config: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    });
    const [name, ...more] = positionals;
    const { config, json = false } = values;
    if (values.help) return { name: 'help', config, json };
    if ((name === 'run' || name === 'check') && more.length === 0) return { name, config, json };
    throw new Error(name === undefined ? 'A command is missing.' : `Unknown command: ${positionals.join(' ')}.`);
  } catch (error) {
    throw usageError(error, 'tashika-edge');
  }
}

async function run(local: LocalSettings): Promise<number> {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(1);
      stop.abort();
    });
  }
  const { env } = process;
  const logger = loggers(env);
  await live({ local, loggerOf: ({ log }) => logger(log.level), stop: stop.signal, manager: serviceManager(env) });
  return 0;
}

async function main(args: readonly string[]): Promise<number> {
  const command = parseCommand(args);
  if (command.name === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  const local = readLocalSettings(command.config, process.env);
  if (command.name === 'check') {
    const { runCheck } = await import('./check/index.ts');
    return runCheck(configurationOf(local), { stdout: process.stdout, json: command.json });
  }
  return run(local);
}

function exitCodeOf(error: unknown): number {
  if (isTashikaError(error, 'USAGE')) return 2;
  return isTashikaError(error, 'CONFIG_INVALID') || isTashikaError(error, 'CONFIG_UNREADABLE') ? 78 : 1;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error) => {
    process.stderr.write(isTashikaError(error) ? `${error.code}: ${error.message}\n` : `${error?.stack ?? error}\n`);
    process.exit(exitCodeOf(error));
  },
);
