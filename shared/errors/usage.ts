import { messageOf, TashikaError } from './errors.ts';

/**
 * The error of a command line that is wrong.
 *
 * @param error what is wrong, as a sentence of ours or an error of `node:util`'s parseArgs
 * @param command whose `--help` tells what would be right
 */
export function usageError(error: unknown, command: string): TashikaError {
  return new TashikaError('USAGE', `${sentenceOf(error)} ${command} --help lists what there is.`, { cause: error });
}

/** On one line, with its full stop, and without Node's advice on arguments that begin with a dash. */
function sentenceOf(error: unknown): string {
  const message = messageOf(error)
    .replace(/ To specify a positional argument .*/s, '')
    .replaceAll('\n', ' ');
  return message.endsWith('.') ? message : `${message}.`;
}
