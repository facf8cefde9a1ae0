import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf, TashikaError } from '@tashika/shared/errors';
import { addressOf, MAX_DEVICES } from '../fleet/index.ts';
import { simOf } from '../sims/index.ts';
import type { SoracomApiOptions } from './soracom-api.ts';

export const HELP = `Usage: npm run soracom-api -- [options]

Starts a local stand-in of SORACOM's configuration API: auth, groups, credentials, SIMs, logs.
Once it listens it prints its address, and the file with what a client needs (set -a; . FILE).

  --port PORT   Port to listen on, 0 for any (TASHIKA_SORACOM_API_PORT; default 8091)
  --data DIR    Where the account and the auth key are kept (default: soracom in TASHIKA_DATA, or in .tashika)
  --sims N      How many SIMs the account has (default 188)
  --help        This text
`;

/** What the command line asks for: the help, or to run. */
export type Command =
  | { readonly help: true }
  | { readonly help: false; readonly options: SoracomApiOptions & { readonly dataDirectory: string } };

/**
 * Reads the command line.
 *
 * @param checkout where `.tashika` lies when nothing else is said
 * @throws TashikaError USAGE
 */
export function parseCommandLine(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  checkout: string,
): Command {
  const values = parse(args);
  if (values.help) return { help: true };
  const sims = whole('--sims', values.sims ?? '188', MAX_DEVICES);
  return {
    help: false,
    options: {
      port:
        values.port === undefined
          ? whole('TASHIKA_SORACOM_API_PORT', env.TASHIKA_SORACOM_API_PORT || '8091', 65_535)
          : whole('--port', values.port, 65_535),
      dataDirectory: values.data ?? join(resolve(checkout, env.TASHIKA_DATA || '.tashika'), 'soracom'),
      sims: Array.from({ length: sims }, (_, n) => ({ sim: simOf(addressOf(n))! })),
    },
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        port: { type: 'string' },
        data: { type: 'string' },
        sims: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new TashikaError('USAGE', messageOf(error), { cause: error });
  }
}

function whole(name: string, text: string, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value <= most) return value;
  throw new TashikaError('USAGE', `${name} takes a whole number from 0 to ${most}, found ${JSON.stringify(text)}.`);
}
