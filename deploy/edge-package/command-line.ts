import { parseArgs } from 'node:util';
import { TashikaError, usageError } from '@tashika/shared/errors';
import { ARCHITECTURES, type Architecture } from './target.ts';

export const HELP = `npm run package:edge: the agent's tarballs and Debian packages

  -- --architecture NAME   arm64, armhf or amd64; again for more; all of them if left out
  -- --out DIRECTORY       where they go; dist/packages if left out
  -- --node-armhf FILE     Node's own release for linux-armv7l (.tar.xz or .tar.gz), to be carried by armhf's
  -- --quick               larger files, made in less time
  -- --help                this text

Files bear the time of SOURCE_DATE_EPOCH, or of the newest commit. The same source makes the same bytes.
`;

export interface CommandLine {
  readonly help: boolean;
  readonly architectures: readonly Architecture[];
  readonly out: string | undefined;
  readonly nodeArmhf: string | undefined;
  readonly quick: boolean;
}

/** @throws TashikaError `USAGE` */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const { values } = parsed(args);
  const names = values.architecture ?? ARCHITECTURES;
  const unknown = names.find((name) => !(ARCHITECTURES as readonly string[]).includes(name));
  if (unknown !== undefined)
    throw new TashikaError(
      'USAGE',
      `--architecture takes ${ARCHITECTURES.join(', ')}, found ${unknown}. --help tells more.`,
    );
  return {
    help: values.help ?? false,
    architectures: [...new Set(names as Architecture[])],
    out: values.out,
    nodeArmhf: values['node-armhf'],
    quick: values.quick ?? false,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        architecture: { type: 'string', multiple: true },
        out: { type: 'string' },
        'node-armhf': { type: 'string' },
        quick: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw usageError(error, 'npm run package:edge --');
  }
}
