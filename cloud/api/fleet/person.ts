import Type from 'typebox';
import { storable } from '../../ingest/index.ts';
import { badParameter } from '../problem.ts';

/** Who does it, in the body of a request. */
export const By = Type.String({
  minLength: 1,
  maxLength: 200,
  pattern: '\\S',
  description: 'Who does it, for the audit log.',
});

/** What a person writes, in characters. */
export const LONGEST_WORDS = 1_000;

/** Who acts of themselves, as the audit log names them: no person goes by such a name. */
const OTHERS = /^(gate|rollout|ddi|device:.*)$/i;

/** @throws ProblemError where it is no person's name */
export function personOf(by: string): string {
  const name = written(by);
  if (OTHERS.test(name)) throw badParameter('by', `by must be a person's name; ${name} is not.`);
  return name;
}

/** As it can be kept. */
export function written(text: string): string {
  return storable(text.trim(), LONGEST_WORDS);
}
