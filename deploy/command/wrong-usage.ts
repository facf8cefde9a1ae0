import type { Command, CommandGroup } from './group.ts';

/** What the program is called. */
export const NAME = 'tashika';

/** What yargs says is wrong, with the word that it leaves out. */
export function sentenceFor(message: string, args: readonly string[], group: CommandGroup | undefined): string {
  const nearest = /^Did you mean (.+)\?$/.exec(message)?.[1];
  if (nearest !== undefined)
    return `There is no ${group ? 'command' : 'group'} ${unknownWord(args, group)}; the nearest is ${nearest}.`;
  const command = commandIn(args, group);
  if (command && message.startsWith('Not enough non-option arguments')) {
    const required = (command.positionals ?? []).filter((positional) => positional.required);
    return `It takes ${required.map(({ name }) => name.toUpperCase()).join(' and ')}.`;
  }
  const refused = /^Invalid values:\s+Argument: (.+), Given: (.+), Choices: (.+)$/.exec(message);
  if (refused) {
    const [, name, given, choices] = refused as unknown as [string, string, string, string];
    const isPositional = command?.positionals?.some((positional) => positional.name === name);
    return `${isPositional ? name.toUpperCase() : `--${name}`} is ${given}; it must be one of ${choices.replaceAll('"', '')}.`;
  }
  const missing = /^Missing required arguments?: (.+)$/.exec(message)?.[1];
  if (missing !== undefined)
    return `It needs ${missing
      .split(', ')
      .map((name) => `--${name}`)
      .join(' and ')}.`;
  return message;
}

function unknownWord(args: readonly string[], group: CommandGroup | undefined): string | undefined {
  const words = args.filter((word) => !word.startsWith('-'));
  return group ? words[words.indexOf(group.name) + 1] : words[0];
}

function commandIn(args: readonly string[], group: CommandGroup | undefined): Command | undefined {
  return group?.commands.find(({ name }) => args.includes(name));
}

/** Whose help tells what would have been right. */
export function placeOf(args: readonly string[], group: CommandGroup | undefined): string {
  const command = commandIn(args, group);
  return [NAME, ...(group ? [group.name] : []), ...(command ? [command.name] : [])].join(' ');
}
