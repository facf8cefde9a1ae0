import { createContext, Script } from 'node:vm';
import { messageOf } from '@tashika/shared/errors';
import type { Duration } from '@tashika/shared/time';
import { unreadable } from '../fields.ts';
import type { LineParser } from './parser.ts';
import { textFields } from './text-fields.ts';

/**
 * How long a pattern may work on one line. It is wall time, so it leaves room for a machine that is busy with other
 * things; a sound pattern takes microseconds.
 */
const LONGEST_MATCH: Duration = 1_000;

/** @returns what is wrong with a pattern, or undefined */
export function patternProblem(pattern: string): string | undefined {
  try {
    new RegExp(pattern);
  } catch (error) {
    return `pattern can't be used: ${messageOf(error)}.`;
  }
  if (!/\(\?<[^=!]/.test(pattern))
    return 'pattern has no named group, such as (?<temp>[0-9.]+), so it gives no reading.';
  return undefined;
}

/**
 * A line as the named groups of a pattern; a group that took no part gives nothing.
 *
 * A pattern that backtracks for ever would stop the whole agent. Looking at it can't tell: refusing nested quantifiers
 * keeps harmless ones out and lets `(a|a)*` and `a*a*a*b` in. So each match runs under the engine's own time limit,
 * which costs some 30 µs of processor a line. It throws when a line took too long, for the next one would as well.
 */
export function regexParser(pattern: string, longestMs: Duration = LONGEST_MATCH): LineParser {
  const expression = new RegExp(pattern);
  let line = '';
  let match: RegExpExecArray | null = null;
  const context = createContext({
    run: () => {
      match = expression.exec(line);
    },
  });
  const script = new Script('run()');
  return (text) => {
    line = text;
    match = null;
    try {
      script.runInContext(context, { timeout: longestMs });
    } catch (error) {
      throw new Error(
        `The pattern took longer than ${longestMs} ms on a line of ${text.length} characters. Make it simpler: a quantifier within a quantified group, or several of them in a row that match the same text, take for ever.`,
        { cause: error },
      );
    }
    const groups = (match as RegExpExecArray | null)?.groups;
    if (!groups) return unreadable('It does not match the pattern.');
    // A group that took no part is undefined, whatever the type says.
    return textFields(Object.entries(groups).map(([name, value]) => [name, (value ?? '').trim()]));
  };
}
