import { messageOf, usageError } from '@tashika/shared/errors';
import yargs, { type Argv } from 'yargs';
import { checkedArguments, withoutDashes } from './checked-arguments.ts';
import type { Command, CommandArguments, CommandGroup, Option, Positional } from './group.ts';
import { NAME, placeOf, sentenceFor } from './wrong-usage.ts';

/** yargs has had it since 17.7; its types leave it out. */
type WithUsageConfiguration = Argv & {
  usageConfiguration(configuration: { readonly 'hide-types': boolean }): Argv;
};

/** What the help of a group needs; its commands are known only to who loads it. */
export interface GroupEntry {
  readonly name: string;
  readonly summary: string;
}

/** What a command line asks for: a text to print, or a command to run. */
export type Asked =
  | { readonly text: string }
  | {
      readonly command: Command;
      readonly args: CommandArguments;
      /** The answer is for a program. */
      readonly json: boolean;
      /** Questions are answered with yes. */
      readonly yes: boolean;
    };

export interface CommandLine {
  readonly version: string;
  readonly groups: readonly GroupEntry[];
  /** The group that the arguments name; undefined where they name none. */
  readonly group: CommandGroup | undefined;
  /** Characters that a line of help has at most. */
  readonly width: number;
}

/** yargs takes this first argument for a request to complete the words after it; the program's name is among them. */
const COMPLETIONS_FLAG = '--get-yargs-completions';

const OPTIONS = 'Options:';

/**
 * The group that the arguments name, if it is one of `groups`: their first word that is no flag.
 *
 * @param args also those of a request for completions
 */
export function groupNameIn(args: readonly string[], groups: readonly GroupEntry[]): string | undefined {
  const words = args[0] === COMPLETIONS_FLAG ? args.slice(2) : args;
  const first = words.find((word) => !word.startsWith('-'));
  return groups.find(({ name }) => name === first)?.name;
}

/**
 * Reads the command line.
 *
 * @throws TashikaError `USAGE` with what is wrong, and the nearest name where there is one
 */
export function parseCommandLine(words: readonly string[], line: CommandLine): Asked {
  const args = withCommand(words, line.group);
  const handedOn = handsOn(args, line.group);
  if (handedOn) return handedOn;
  let chosen: { command: Command; given: Readonly<Record<string, unknown>> } | undefined;
  const parser = parserFor(args, line, (command, given) => {
    chosen = { command, given };
  });
  let text = '';
  try {
    parser.parse(withoutDashes(args), {}, (_error, _given, output) => {
      text += output;
    });
  } catch (error) {
    throw usageError(sentenceFor(messageOf(error), args, line.group), placeOf(args, line.group));
  }
  if (!chosen) return { text };
  const { command, given } = chosen;
  try {
    return { command, args: checkedArguments(command, given), json: given.json === true, yes: given.yes === true };
  } catch (error) {
    throw usageError(error, `${NAME} ${line.group!.name} ${command.name}`);
  }
}

/** With the command that a group runs when it is named alone, `tashika catalogue --json`; its help stays the group's. */
function withCommand(args: readonly string[], group: CommandGroup | undefined): readonly string[] {
  const [name, ...rest] = args;
  const command = group?.commands.find(({ alone }) => alone);
  const isAlone = rest.every((word) => word === '--json' || word === '--yes');
  if (!command || name === undefined || name !== group?.name || !isAlone) return args;
  return [name, command.name, ...rest];
}

/** The command of `group` that takes all that follows its name as it is, `--help` too. */
function handsOn(args: readonly string[], group: CommandGroup | undefined): Asked | undefined {
  if (!group || args[0] !== group.name) return undefined;
  const command = group.commands.find(({ name, handsOn }) => handsOn && name === args[1]);
  if (!command) return undefined;
  const rest = args[2] === '--' ? args.slice(3) : args.slice(2);
  return { command, args: { '--': rest }, json: false, yes: false };
}

function parserFor(
  args: readonly string[],
  line: CommandLine,
  choose: (command: Command, given: Readonly<Record<string, unknown>>) => void,
): Argv {
  const parser = (yargs([...args]) as WithUsageConfiguration)
    .usageConfiguration({ 'hide-types': true })
    .scriptName(NAME)
    .locale('en')
    .wrap(line.width)
    .parserConfiguration({
      'camel-case-expansion': false,
      'dot-notation': false,
      'boolean-negation': false,
      'greedy-arrays': false,
      'parse-positional-numbers': false,
      'populate--': true,
    })
    .usage(`$0 GROUP COMMAND\n\nWhat operators and the platform team do with Tashika.`)
    // What belongs to a command stands before what every command has.
    .updateStrings({ 'Commands:': 'Groups:', 'Options:': 'Everywhere:' })
    .option('json', { type: 'boolean', describe: 'Answer with one JSON document on stdout' })
    .option('yes', { type: 'boolean', describe: 'Answer questions with yes' })
    .help('help', 'Print this')
    .version('version', 'Print the version', line.version)
    .epilogue('Exit codes: 0 done; 1 failed; 2 wrong usage; 3 what was asked for was found; 78 wrong configuration.')
    .strict()
    .recommendCommands()
    .fail((message, error) => {
      throw error ?? new Error(message);
    });
  for (const { name, summary } of line.groups) {
    parser.command(
      name,
      summary,
      (inner) => groupParser(inner, name === line.group?.name ? line.group : undefined, choose),
      () => {},
    );
  }
  return parser.demandCommand(1, 'A group is missing.');
}

function groupParser(
  parser: Argv,
  group: CommandGroup | undefined,
  choose: (command: Command, given: Readonly<Record<string, unknown>>) => void,
): Argv {
  if (!group) return parser;
  parser.usage(`$0 ${group.name} COMMAND\n\n${group.summary}.`).updateStrings({ 'Commands:': 'Commands:' });
  for (const command of group.commands) {
    parser.command(
      wordsOf(command),
      command.summary,
      (inner) => commandParser(inner, group, command),
      (given) => choose(command, given),
    );
  }
  return parser.demandCommand(1, 'A command is missing.');
}

function commandParser(parser: Argv, group: CommandGroup, command: Command): Argv {
  parser.usage(`$0 ${group.name} ${wordsOf(command)}\n\n${command.description ?? `${command.summary}.`}`);
  for (const { name, summary, choices } of command.positionals ?? [])
    parser.positional(name, {
      type: 'string',
      describe: `${summary}${detailsOf(choices ? { choices } : {})}`,
      ...(choices && { choices }),
    });
  for (const [name, option] of Object.entries(command.options ?? {})) {
    const { type, value, choices, standard, required } = option;
    const summary = `${option.summary}${detailsOf(option)}`;
    parser.option(name, {
      type: type === 'flag' ? 'boolean' : type === 'number' ? 'number' : 'string',
      array: type === 'list',
      group: OPTIONS,
      requiresArg: type !== 'flag',
      describe: value === undefined ? summary : `${value}: ${summary}`,
      ...(choices && { choices }),
      ...(standard !== undefined && { default: standard }),
      ...(required && { demandOption: true }),
    });
  }
  return parser;
}

/** What else the help says of an argument; yargs leaves it out together with the types. */
function detailsOf({ choices, standard, required }: Partial<Option>): string {
  const details = [
    ...(required ? ['required'] : []),
    ...(choices ? [choices.join(', ')] : []),
    ...(standard === undefined ? [] : [`${standard} where left out`]),
  ];
  return details.length > 0 ? ` (${details.join('; ')})` : '';
}

/** The command with what it takes by place, as yargs reads it: `check <input..>`. */
function wordsOf({ name, positionals = [] }: Command): string {
  return [name, ...positionals.map(placeholder)].join(' ');
}

function placeholder({ name, required, many }: Positional): string {
  const inside = many ? `${name}..` : name;
  return required ? `<${inside}>` : `[${inside}]`;
}
