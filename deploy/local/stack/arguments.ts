import { parseArgs } from 'node:util';
import { TashikaError, usageError } from '@tashika/shared/errors';

/** A flag and the setting that it overrides. */
export interface Flag {
  readonly name: string;
  /** Path of the setting, as in the configuration. */
  readonly path: string;
}

export const FLAGS: readonly Flag[] = [
  { name: 'devices', path: 'fleet.devices' },
  { name: 'rate', path: 'fleet.rate' },
  { name: 'seed', path: 'fleet.seed' },
  { name: 'funnel-lose', path: 'funnel.lose' },
  { name: 'funnel-delay', path: 'funnel.delay' },
  { name: 'funnel-double', path: 'funnel.double' },
  { name: 'funnel-reorder', path: 'funnel.reorder' },
  { name: 'funnel-refuse', path: 'funnel.refuse' },
];

export type Arguments = { readonly help: true } | { readonly help: false; readonly overrides: object };

/**
 * The command line of `npm start`.
 *
 * @throws TashikaError `USAGE` for a flag that is none, or a value that is no number
 */
export function parseArguments(args: readonly string[]): Arguments {
  const values = parse(args);
  if (values.help) return { help: true };
  const overrides: Record<string, Record<string, number>> = {};
  for (const { name, path } of FLAGS) {
    const text = values[name];
    if (typeof text !== 'string') continue;
    const [section, setting] = path.split('.') as [string, string];
    overrides[section] = { ...overrides[section], [setting]: numberOf(name, text) };
  }
  return { help: false, overrides };
}

function parse(args: readonly string[]): Readonly<Record<string, string | boolean | undefined>> {
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean', short: 'h' },
        ...Object.fromEntries(FLAGS.map(({ name }) => [name, { type: 'string' as const }])),
      },
    }).values;
  } catch (error) {
    throw usageError(error, 'npm start --');
  }
}

function numberOf(name: string, text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number))
    throw new TashikaError('USAGE', `--${name} takes a number, found ${JSON.stringify(text)}. --help lists the flags.`);
  return number;
}
