import { parseArgs } from 'node:util';
import { expect, it } from 'vitest';
import { usageError } from './index.ts';

function messageFor(...args: string[]): string {
  try {
    parseArgs({ args, allowPositionals: true, options: { late: { type: 'string' }, trace: { type: 'boolean' } } });
  } catch (error) {
    return usageError(error, 'tashika').message;
  }
  throw new Error('The arguments are right.');
}

it.each([
  [['--fast'], "Unknown option '--fast'."],
  [['--late'], "Option '--late <value>' argument missing."],
  [['--trace=yes'], "Option '--trace' does not take an argument."],
  [['--late', '--trace'], /^Option '--late' argument is ambiguous\. Did you forget .*'--late=-XYZ'\.$/],
])('names what is wrong with %j on one line, then where help is', (args, expected) => {
  const message = messageFor(...args);
  const end = ' tashika --help lists what there is.';
  expect(message).toSatisfy((text: string) => text.endsWith(end));
  const sentence = message.slice(0, -end.length);
  if (typeof expected === 'string') expect(sentence).toBe(expected);
  else expect(sentence).toMatch(expected);
});

it('keeps a sentence of ours, with its cause', () => {
  const cause = new Error('A command is missing.');
  expect(usageError(cause, 'tashika')).toMatchObject({
    code: 'USAGE',
    message: 'A command is missing. tashika --help lists what there is.',
    cause,
  });
});
