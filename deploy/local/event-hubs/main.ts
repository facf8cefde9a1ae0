import { fileURLToPath } from 'node:url';
import { isTashikaError, messageOf, TashikaError } from '@tashika/shared/errors';
import { pino } from 'pino';
import { whenParentEnds } from '../parent/index.ts';
import { HELP, parseCommandLine } from './cli-options.ts';
import { type EventHubsOptions, startEventHubs } from './server.ts';

const STDERR = 2;
const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;
/** `EX_CONFIG` of sysexits.h. */
const EXIT_CONFIGURATION = 78;

/** From `deploy/local/event-hubs` or `deploy/dist/local/event-hubs` to the checkout. */
const DEPLOY = fileURLToPath(import.meta.url).replace(/(\/dist)?\/local\/event-hubs\/main\.[jt]s$/, '');
const CHECKOUT = fileURLToPath(new URL('..', `file://${DEPLOY}/`));

async function main(): Promise<void> {
  const command = parseCommandLine(process.argv.slice(2), process.env, CHECKOUT);
  if (command.help) process.stdout.write(HELP);
  else await serve(command.options);
}

async function serve(options: EventHubsOptions): Promise<void> {
  const logger = pino({ name: 'event-hubs' }, pino.destination({ dest: STDERR, sync: true }));
  const eventHubs = await startEventHubs({ ...options, logger }).catch((error: unknown) => {
    if (!isTashikaError(error, 'PORT_BUSY')) throw error;
    throw new TashikaError('PORT_BUSY', `${error.message} Set TASHIKA_EVENT_HUBS_PORT or --port to another.`, {
      cause: error,
    });
  });
  let stopping = false;
  const stop = () => {
    if (stopping) process.exit(EXIT_FAILURE);
    stopping = true;
    eventHubs.stop().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  if (process.env.npm_lifecycle_event !== undefined) whenParentEnds(stop);
  const lines = options.hubs.flatMap(({ name }) => [
    eventHubs.connectionString('send', name),
    eventHubs.connectionString('listen', name),
  ]);
  process.stdout.write(`${lines.join('\n')}\n`);
}

function fail(error: unknown): never {
  const code = isTashikaError(error) ? error.code : 'INTERNAL';
  process.stderr.write(`${code}: ${messageOf(error)}\n`);
  if (code === 'USAGE') process.exit(EXIT_USAGE);
  process.exit(code === 'CONFIG_INVALID' ? EXIT_CONFIGURATION : EXIT_FAILURE);
}

main().catch(fail);
