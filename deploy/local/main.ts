import { isTashikaError, messageOf, type TashikaError } from '@tashika/shared/errors';
import { systemClock } from '@tashika/shared/time';
import { loadLocalConfiguration } from './config/index.ts';
import { whenParentEnds } from './parent/index.ts';
import { helpText, parseArguments, Stack } from './stack/index.ts';

/** A second signal stops at once; one that follows this soon is the same Ctrl-C, handed on by npm as well. */
const SAME_SIGNAL_MS = 500;
const EXIT_STOPPED_AT_ONCE = 130;

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}

function exitCodeOf(error: unknown): number {
  if (isTashikaError(error, 'USAGE')) return 2;
  return isTashikaError(error, 'CONFIG_INVALID') || isTashikaError(error, 'CONFIG_UNREADABLE') ? 78 : 1;
}

function explain(error: unknown): void {
  const sentence = isTashikaError(error)
    ? `${error.code}: ${error.message}`
    : ((error as Error)?.stack ?? messageOf(error));
  process.stderr.write(`${sentence}\n`);
}

async function run(args: readonly string[]): Promise<void> {
  const parsed = parseArguments(args);
  if (parsed.help) return tell(helpText());
  const configuration = loadLocalConfiguration(process.env, parsed.overrides);
  let hopeless: TashikaError | undefined;
  const stack = new Stack({
    configuration,
    env: process.env,
    clock: systemClock,
    tell,
    onHopeless: (error) => {
      hopeless ??= error;
      stop('A part can’t run.');
    },
  });
  let stopRequestedAt: number | undefined;
  let leave = () => {};
  const toldToStop = new Promise<void>((resolve) => {
    leave = resolve;
  });
  const stop = (why: string) => {
    if (stopRequestedAt === undefined) {
      stopRequestedAt = systemClock.monotonic();
      tell(`\n${why} Stopping; what is under way is finished first.`);
      leave();
    } else if (systemClock.monotonic() - stopRequestedAt > SAME_SIGNAL_MS) {
      stack.kill();
      process.exit(EXIT_STOPPED_AT_ONCE);
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(`${signal}.`));
  const endWatch = whenParentEnds(() => {
    if (stopRequestedAt === undefined) stop('The program that started this one has ended.');
  });
  // The terminal may be gone before we are.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});

  try {
    const started = stack.start();
    started.catch(() => {}); // a stop that comes meanwhile ends it; the race has the error otherwise
    await Promise.race([started, toldToStop]);
    await toldToStop;
  } finally {
    await stack.stop();
    endWatch();
  }
  if (hopeless) throw hopeless;
  tell('Stopped.');
}

run(process.argv.slice(2)).then(
  () => process.exit(0),
  (error) => {
    explain(error);
    process.exit(exitCodeOf(error));
  },
);
