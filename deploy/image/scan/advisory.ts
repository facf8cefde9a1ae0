import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { messageOf, TashikaError } from '@tashika/shared/errors';
import Type, { type Static } from 'typebox';
import { Value } from 'typebox/value';

/** What is read of an advisory in OSV's format (ossf.github.io/osv-schema, 1.7); the rest is passed over. */
const advisorySchema = Type.Object({
  id: Type.String({ minLength: 1 }),
  modified: Type.String({ minLength: 1 }),
  withdrawn: Type.Optional(Type.String()),
  aliases: Type.Optional(Type.Array(Type.String())),
  upstream: Type.Optional(Type.Array(Type.String())),
  severity: Type.Optional(Type.Array(Type.Object({ type: Type.String(), score: Type.String() }))),
  affected: Type.Optional(
    Type.Array(
      Type.Object({
        package: Type.Optional(Type.Object({ ecosystem: Type.String(), name: Type.String() })),
        versions: Type.Optional(Type.Array(Type.String())),
        severity: Type.Optional(Type.Array(Type.Object({ type: Type.String(), score: Type.String() }))),
        ranges: Type.Optional(
          Type.Array(
            Type.Object({
              type: Type.String(),
              events: Type.Array(
                Type.Object({
                  introduced: Type.Optional(Type.String()),
                  fixed: Type.Optional(Type.String()),
                  last_affected: Type.Optional(Type.String()),
                }),
              ),
            }),
          ),
        ),
      }),
    ),
  ),
});

export type Advisory = Static<typeof advisorySchema>;

/** Advisories, and where they are from. */
export interface Advisories {
  readonly source: string;
  /** When the newest of them was written or changed. */
  readonly newest: string;
  readonly all: readonly Advisory[];
}

/**
 * Reads advisories from a file: a JSON array of them, or one a line, as osv.dev hands them out.
 *
 * @param source who they are from; the file's name where left out
 * @throws TashikaError `CONFIG_INVALID` where one of them is none
 */
export function readAdvisories(file: string, source: string | undefined): Advisories {
  const refuse = (what: string, cause?: unknown) =>
    new TashikaError('CONFIG_INVALID', `${file} is no file of advisories in OSV's format: ${what}.`, { cause });
  let text: string;
  let all: unknown[];
  try {
    text = readFileSync(file, 'utf8').trim();
    all = text.startsWith('[') ? JSON.parse(text) : text.split('\n').map((line) => JSON.parse(line));
  } catch (error) {
    throw refuse(messageOf(error), error);
  }
  const wrong = all.findIndex((each) => !Value.Check(advisorySchema, each));
  if (wrong >= 0) {
    const [first] = Value.Errors(advisorySchema, all[wrong]);
    throw refuse(`number ${wrong + 1}, ${first?.instancePath.slice(1).replaceAll('/', '.') || 'it'} ${first?.message}`);
  }
  const times = (all as Advisory[]).map(({ modified }) => Date.parse(modified));
  if (times.length === 0 || times.some(Number.isNaN))
    throw refuse(times.length === 0 ? 'it is empty' : 'a time is none');
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 12);
  return {
    source: `OSV file ${source ?? basename(file)}, SHA-256 ${digest}…`,
    newest: new Date(times.reduce((a, b) => Math.max(a, b))).toISOString(),
    all: all as Advisory[],
  };
}
