import type { Command, CommandArguments, Option } from './group.ts';

/** By custom standard input or output. yargs takes it for an option without a name, and loses it. */
const DASH = '-';
const STAND_IN = '\u0000-';

/** The words of a command line as yargs can take them. */
export function withoutDashes(words: readonly string[]): readonly string[] {
  return words.map((word) => (word === DASH ? STAND_IN : word));
}

function withDash(value: unknown): string {
  return value === STAND_IN ? DASH : String(value);
}

/** What was given, by the declared names; what yargs lets through and is wrong all the same is refused. */
export function checkedArguments(command: Command, given: Readonly<Record<string, unknown>>): CommandArguments {
  const args: Record<string, string | number | boolean | readonly string[] | undefined> = {};
  for (const { name, many, required } of command.positionals ?? []) {
    const values = [given[name] ?? []].flat().map(withDash);
    if (required && values.length === 0) throw new Error(`It takes ${name.toUpperCase()}.`);
    // Such as a variable of a shell that is not set; taken as a path it would be the directory that one is in.
    if (values.includes('')) throw new Error(`${name.toUpperCase()} is empty.`);
    args[name] = many ? values : values[0];
  }
  for (const [name, option] of Object.entries(command.options ?? {}))
    args[name] = givenValue(name, option, given[name]);
  args['--'] = ((given['--'] ?? []) as readonly unknown[]).map(withDash);
  return args;
}

function givenValue(
  name: string,
  { type }: Option,
  value: unknown,
): string | number | boolean | readonly string[] | undefined {
  if (value === undefined) return undefined;
  if ([value].flat().includes('')) throw new Error(`--${name} is empty.`);
  if (type === 'list') return (value as readonly unknown[]).map(withDash);
  if (Array.isArray(value)) throw new Error(`--${name} was given more than once.`);
  if (type === 'number' && !Number.isFinite(value)) throw new Error(`--${name} takes a number.`);
  return type === 'text' ? withDash(value) : (value as number | boolean);
}
