import { kindName } from './document.ts';
import type { Verdict, Violation } from './judge.ts';

/** A verdict as a person reads it. */
export function reportOf({ document, violations, excused, expired }: Verdict): string {
  const counts = [
    violations.length === 0 ? 'allowed' : `denied, ${counted(violations.length, 'violation')}`,
    ...(excused.length > 0 ? [`${counted(excused.length, 'denial')} excused`] : []),
  ];
  return [
    `${document.file} (${kindName(document.kind)}): ${counts.join('; ')}`,
    ...sorted(violations).flatMap(linesOf),
    ...excused.map(
      ({ denial, exception }) =>
        `  ${denial.rule} at ${denial.resource} is excused until ${exception.expires} by ${exception.owner}: ${exception.reason}`,
    ),
    ...expired.map(
      ({ rule, resource, owner, expires }) =>
        `  The exception from ${rule} for ${resource} ended on ${expires} and excuses nothing; ${owner} answers for it.`,
    ),
  ].join('\n');
}

/** A verdict as a program reads it. */
export function answerOf({ document, violations, excused, expired }: Verdict): object {
  return {
    file: document.file,
    kind: document.kind,
    allowed: violations.length === 0,
    violations: sorted(violations),
    excused,
    expired,
  };
}

function linesOf({ rule, severity, resource, title, message, remedy }: Violation): readonly string[] {
  return [
    `  ${rule} (${severity})${resource === '' ? '' : ` at ${resource}`}`,
    `      ${title}: ${message}`,
    ...(remedy === '' ? [] : [`      ${remedy.trim()}`]),
  ];
}

/** By resource, so that what is to be changed together stands together. */
function sorted(violations: readonly Violation[]): readonly Violation[] {
  const key = ({ resource, rule, message }: Violation) => `${resource}\n${rule}\n${message}`;
  return [...violations].sort((one, other) => (key(one) < key(other) ? -1 : 1));
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
