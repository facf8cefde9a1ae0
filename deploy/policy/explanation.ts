import { usageError } from '@tashika/shared/errors';
import type { Base, PolicyRule } from './base.ts';
import { strictness } from './lattice.ts';

/**
 * The rule of the base with this id.
 *
 * @throws TashikaError `USAGE`, with the rules whose ids hold a word of it
 */
export function ruleOf({ rules }: Base, id: string): PolicyRule {
  const rule = rules.find((each) => each.id === id);
  if (rule) return rule;
  const words = id
    .slice(id.indexOf('.') + 1)
    .split('-')
    .filter((word) => word.length > 2);
  const near = rules.map((each) => each.id).filter((each) => words.some((word) => each.includes(word)));
  const hint =
    near.length === 0 || near.length > 5 ? 'Without a rule, all are listed.' : `There is ${near.join(', ')}.`;
  throw usageError(new Error(`There is no rule ${id}. ${hint}`), 'tashika policy explain');
}

/** A rule as a person reads it. */
export function explanationOf(rule: PolicyRule, { parameters, exceptions }: Base): string {
  const own = exceptions.filter((exception) => exception.rule === rule.id);
  return [
    `${rule.id} (${rule.severity}): ${rule.title}`,
    '',
    rule.description.trim(),
    '',
    `What to do: ${rule.remedy.trim()}`,
    ...rule.parameters.flatMap((name) => {
      const { title, value, lattice } = parameters[name]!;
      return [`Parameter ${name}: ${title}. It is ${JSON.stringify(value)}; ${strictness(lattice)}.`];
    }),
    ...own.map(
      ({ resource, owner, reason, expires }) => `Exception for ${resource} until ${expires}, by ${owner}: ${reason}`,
    ),
    `It stands in ${rule.place}.`,
  ].join('\n');
}
