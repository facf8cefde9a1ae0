import { fileURLToPath } from 'node:url';
import { isTashikaError, messageOf, TashikaError } from '@tashika/shared/errors';
import { whenParentEnds } from '../parent/index.ts';
import { environmentFileIn } from './auth-key.ts';
import { HELP, parseCommandLine } from './cli-options.ts';
import { type SoracomApiOptions, startSoracomApi } from './soracom-api.ts';

const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;
/** `EX_CONFIG` of sysexits.h. */
const EXIT_CONFIGURATION = 78;

/** From `deploy/local/soracom-api` or `deploy/dist/local/soracom-api` to the checkout. */
const DEPLOY = fileURLToPath(import.meta.url).replace(/(\/dist)?\/local\/soracom-api\/main\.[jt]s$/, '');
const CHECKOUT = fileURLToPath(new URL('..', `file://${DEPLOY}/`));

async function main(): Promise<void> {
  const command = parseCommandLine(process.argv.slice(2), process.env, CHECKOUT);
  if (command.help) process.stdout.write(HELP);
  else await serve(command.options);
}

async function serve(options: SoracomApiOptions & { readonly dataDirectory: string }): Promise<void> {
  const onFault = (error: unknown) => process.stderr.write(`${messageOf(error)}\n`);
  const api = await startSoracomApi({ ...options, onFault }).catch((error: unknown) => {
    if (!isTashikaError(error, 'PORT_BUSY')) throw error;
    throw new TashikaError('PORT_BUSY', `${error.message} Set TASHIKA_SORACOM_API_PORT or --port to another.`, {
      cause: error,
    });
  });
  let stopping = false;
  const stop = () => {
    if (stopping) process.exit(EXIT_FAILURE);
    stopping = true;
    api.close().then(() => process.exit(0), fail);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  if (process.env.npm_lifecycle_event !== undefined) whenParentEnds(stop);
  process.stdout.write(`${api.url}\n${environmentFileIn(options.dataDirectory)}\n`);
}

function fail(error: unknown): never {
  const code = isTashikaError(error) ? error.code : 'INTERNAL';
  process.stderr.write(`${code}: ${messageOf(error)}\n`);
  if (code === 'USAGE') process.exit(EXIT_USAGE);
  process.exit(code === 'CONFIG_INVALID' ? EXIT_CONFIGURATION : EXIT_FAILURE);
}

main().catch(fail);
