import type { Fields } from './declared.ts';
import type { Change, Plan } from './plan.ts';

const MOST_TEXT = 100;

/** A plan for a person: what is made (`+`), altered (`~`) and not declared (`?`). It holds no secret. */
export function renderPlan({ changes, undeclared, conflicts }: Plan): string {
  const lines = [
    ...changes.flatMap(renderChange),
    ...undeclared.map((path) => `? ${path}: no file declares it; delete it, or declare it`),
    ...conflicts.map((conflict) => `! ${conflict}`),
  ];
  return [...lines, summary({ changes, undeclared, conflicts })].join('\n');
}

function summary({ changes, undeclared, conflicts }: Plan): string {
  if (changes.length + undeclared.length + conflicts.length === 0) return 'Vault is as declared.';
  const altered = changes.filter(({ kind }) => kind === 'alter').length;
  return `${changes.length - altered} to make, ${altered} to alter, ${undeclared.length} not declared, ${conflicts.length} in conflict.`;
}

function renderChange(change: Change): readonly string[] {
  switch (change.kind) {
    case 'make':
      return [`+ ${change.path}`];
    case 'audit':
      return [`+ ${change.path}: ${text(change.device.options)}`];
    case 'note':
      return [`+ ${change.path}: this is the Vault of the site ${change.site}`];
    case 'finish':
      return [`+ ${change.path}: left over from a run that ended early`];
    case 'alter':
      return [
        `~ ${change.path}`,
        ...change.differences.flatMap(({ field, from, to }) =>
          field === 'policy' ? lineDifference(String(from), String(to)) : [`    ${field}: ${text(from)} → ${text(to)}`],
        ),
      ];
  }
}

/** Lines that only one of the two has, in their order. */
function lineDifference(from: string, to: string): readonly string[] {
  const before = lines(from);
  const after = lines(to);
  return [
    ...before.filter((line) => !after.includes(line)).map((line) => `    - ${line}`),
    ...after.filter((line) => !before.includes(line)).map((line) => `    + ${line}`),
  ];
}

/** What a policy gives, a line for each setting, with the path that it is for. */
function lines(policy: string): readonly string[] {
  const found: string[] = [];
  let path = '';
  for (const line of policy.split('\n').map((each) => each.trim())) {
    path = /^path "([^"]+)"/.exec(line)?.[1] ?? path;
    if (!/^(path .*|}|#.*)?$/.test(line)) found.push(`${path}: ${line.replace(/\s+/g, ' ')}`);
  }
  return found;
}

function text(value: unknown): string {
  if (value === undefined) return 'nothing';
  const whole = JSON.stringify(value);
  return whole.length > MOST_TEXT ? `${whole.slice(0, MOST_TEXT)}…` : whole;
}

/** A plan for a program. */
export function planAnswer({ changes, undeclared, conflicts }: Plan): Fields {
  return {
    changes: changes.map((change) => ({
      kind: change.kind,
      path: change.path,
      ...(change.kind === 'alter' && { differences: change.differences }),
    })),
    undeclared,
    conflicts,
  };
}
