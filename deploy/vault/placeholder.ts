import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, TashikaError } from '@tashika/shared/errors';

const WHOLE = /^\$\{([A-Za-z.]+)\}$/;
const PART = /\$\{([A-Za-z.]+)\}/g;

/** What a reviewed file refers to: a site's settings, and texts beside it. */
export interface References {
  readonly settings: object;
  /** Where `@name` is looked for. */
  readonly directory: string;
  /** The file that refers to them, for errors. */
  readonly file: string;
}

/**
 * A value of a reviewed file with its references filled in. `${domain}` alone is the setting as it is, within a text its
 * text; `@postgresql/revoke.sql` is that file's text.
 *
 * @throws TashikaError CONFIG_INVALID for a reference to nothing
 */
export function filledIn(value: unknown, references: References): unknown {
  if (Array.isArray(value)) return value.map((each) => filledIn(each, references));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, filledIn(each, references)]));
  if (typeof value !== 'string') return value;
  if (value.startsWith('@')) return textOf(value.slice(1), references);
  const whole = WHOLE.exec(value);
  if (whole) return required(whole[1]!, references);
  return value.replace(PART, (_, path: string) => String(required(path, references)));
}

/** What a setting is, such as `jwt.subjects.worker`; undefined where it is not set. */
export function settingAt(settings: object, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], settings);
}

function required(path: string, { settings, file }: References): unknown {
  const value = settingAt(settings, path);
  if (value !== undefined) return value;
  throw new TashikaError('CONFIG_INVALID', `${file} refers to \${${path}}, which no setting of the site gives.`);
}

function textOf(name: string, { directory, file }: References): string {
  try {
    return readFileSync(join(directory, name), 'utf8').trim();
  } catch (cause) {
    throw new TashikaError('CONFIG_INVALID', `${file} refers to @${name}: ${messageOf(cause)}`, { cause });
  }
}
