import { resolve } from 'node:path';
import type { CommandContext } from '../../command/index.ts';
import { type Plan, printed, summaryOf } from '../plan/index.ts';

export const prune = { type: 'flag', summary: 'Also take away what bears the mark and is in no file' } as const;

/** A plan, for a person or a program. */
export function show(plan: Plan, context: CommandContext): void {
  context.print(printed(plan));
  const { operatorId, coverage, actions, leftovers } = plan;
  context.answer({ operatorId, coverage, summary: summaryOf(plan), actions, leftovers });
}

const MOST_LISTED = 10;

/** Subjects in a sentence. */
export function listed(subjects: readonly string[]): string {
  const more = subjects.length - MOST_LISTED;
  const names = subjects
    .slice(0, MOST_LISTED)
    .map((subject) => subject.replace(':', ' '))
    .join(', ');
  return more > 0 ? `${names} and ${more} more` : names;
}

/** A path of the command line. */
export function pathOf(given: unknown, { cwd }: CommandContext): string {
  return resolve(cwd, String(given));
}
