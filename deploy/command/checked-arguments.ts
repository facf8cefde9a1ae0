import type { Command, CommandArguments, Option } from './group.ts';

/** What was given, by the declared names; what yargs lets through and is wrong all the same is refused. */
export function checkedArguments(command: Command, given: Readonly<Record<string, unknown>>): CommandArguments {
  const args: Record<string, string | number | boolean | readonly string[] | undefined> = {};
  for (const { name, many } of command.positionals ?? []) {
    const value = given[name];
    args[name] = many ? ((value ?? []) as readonly unknown[]).map(String) : value === undefined ? value : String(value);
  }
  for (const [name, option] of Object.entries(command.options ?? {}))
    args[name] = givenValue(name, option, given[name]);
  args['--'] = ((given['--'] ?? []) as readonly unknown[]).map(String);
  return args;
}

function givenValue(
  name: string,
  { type }: Option,
  value: unknown,
): string | number | boolean | readonly string[] | undefined {
  if (value === undefined) return undefined;
  if (type === 'list') return (value as readonly unknown[]).map(String);
  if (Array.isArray(value)) throw new Error(`--${name} was given more than once.`);
  if (type === 'number' && !Number.isFinite(value)) throw new Error(`--${name} takes a number.`);
  return value as string | number | boolean;
}
