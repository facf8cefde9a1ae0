import { parseArgs } from 'node:util';
import { TashikaError, usageError } from '@tashika/shared/errors';

/** A flag and the setting that it overrides. */
export interface Flag {
  readonly name: string;
  /** Path of the setting, as in the configuration. */
  readonly path: string;
  /** What its value is. */
  readonly takes: 'a number' | 'a word';
}

const number = (name: string, path: string): Flag => ({ name, path, takes: 'a number' });

export const FLAGS: readonly Flag[] = [
  number('devices', 'fleet.devices'),
  number('rate', 'fleet.rate'),
  number('seed', 'fleet.seed'),
  number('funnel-lose', 'funnel.lose'),
  number('funnel-delay', 'funnel.delay'),
  number('funnel-double', 'funnel.double'),
  number('funnel-reorder', 'funnel.reorder'),
  number('funnel-refuse', 'funnel.refuse'),
  { name: 'rollout', path: 'rollout', takes: 'a word' },
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
  const overrides: Record<string, string | number | Record<string, string | number>> = {};
  for (const { name, path, takes } of FLAGS) {
    const text = values[name];
    if (typeof text !== 'string') continue;
    const value = takes === 'a number' ? numberOf(name, text) : text;
    const [section, setting] = path.split('.') as [string, string | undefined];
    if (setting === undefined) overrides[section] = value;
    else overrides[section] = { ...(overrides[section] as object | undefined), [setting]: value };
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
