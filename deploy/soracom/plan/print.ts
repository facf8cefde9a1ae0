import { visible } from '../../command/index.ts';
import type { Action, Change } from './action.ts';
import { subjectOf } from './action.ts';
import { canonical } from './canonical.ts';
import type { Leftover } from './findings.ts';
import type { Plan } from './plan.ts';

/** How many of each kind a plan has. */
export interface PlanSummary {
  readonly create: number;
  readonly change: number;
  readonly delete: number;
  /** Requests that it takes. */
  readonly actions: number;
}

/** Things are counted, not requests: a group that takes three is one change. */
export function summaryOf({ actions }: Plan): PlanSummary {
  const kinds = new Map<string, 'create' | 'change' | 'delete'>();
  for (const action of actions) kinds.set(subjectOf(action), kindOf(action));
  const count = (kind: string) => [...kinds.values()].filter((each) => each === kind).length;
  return { create: count('create'), change: count('change'), delete: count('delete'), actions: actions.length };
}

const SIGNS = { create: '+', change: '~', delete: '-' } as const;
const SIMS_NAMED = 3;

/** The plan for a person to review: each thing, field by field. SIMs with the same changes stand together. */
export function printed(plan: Plan): string {
  const lines = [headOf(plan)];
  for (const { sign, title, changes } of things(plan.actions)) {
    lines.push('', `${sign} ${title}`);
    const width = Math.max(...changes.map(({ field }) => field.length));
    for (const change of changes) lines.push(`    ${visible(change.field).padEnd(width)}  ${transition(change)}`);
  }
  if (plan.leftovers.length > 0) lines.push('', ...leftoverLines(plan.leftovers));
  return lines.join('\n');
}

function headOf(plan: Plan): string {
  const where = `Operator ${plan.operatorId}, coverage ${plan.coverage}`;
  const { create, change, delete: gone, actions } = summaryOf(plan);
  if (actions === 0) return `${where}: nothing to do.`;
  return `${where}: ${create} to create, ${change} to change, ${gone} to delete, in ${actions} requests.`;
}

interface Thing {
  readonly sign: string;
  readonly title: string;
  readonly changes: readonly Change[];
}

function things(actions: readonly Action[]): readonly Thing[] {
  const bySubject = new Map<string, Action[]>();
  for (const action of actions) {
    const same = bySubject.get(subjectOf(action));
    if (same) same.push(action);
    else bySubject.set(subjectOf(action), [action]);
  }
  const found: (Thing | { readonly sims: string[]; readonly changes: readonly Change[] })[] = [];
  const alike = new Map<string, { sims: string[]; changes: readonly Change[] }>();
  for (const same of bySubject.values()) {
    const changes = same.flatMap((action) => action.changes);
    const [first] = same as [Action];
    if (!('sim' in first)) {
      found.push({ sign: SIGNS[kindOf(first)], title: titleOf(first), changes });
      continue;
    }
    const key = canonical(changes);
    const others = alike.get(key);
    if (others) others.sims.push(first.imsi ?? first.sim);
    else {
      const fresh = { sims: [first.imsi ?? first.sim], changes };
      alike.set(key, fresh);
      found.push(fresh);
    }
  }
  return found.map((each) =>
    'sims' in each ? { sign: '~', title: simsTitle(each.sims), changes: each.changes } : each,
  );
}

function titleOf(action: Action): string {
  if ('credential' in action) return `credential ${visible(action.credential)}`;
  return `group ${visible('group' in action ? action.group : '')}`;
}

function simsTitle(sims: readonly string[]): string {
  if (sims.length === 1) return `SIM ${visible(sims[0]!)}`;
  const named = sims.slice(0, SIMS_NAMED).map(visible).join(', ');
  return `${sims.length} SIMs: ${named}${sims.length > SIMS_NAMED ? ', …' : ''}`;
}

function kindOf(action: Action): keyof typeof SIGNS {
  if (action.do.startsWith('create-')) return 'create';
  return action.do === 'delete-group' || action.do === 'delete-credential' ? 'delete' : 'change';
}

function transition({ before, after, secret }: Change): string {
  if (secret && before !== undefined && after !== undefined) return `changed (${shown(before)} → ${shown(after)})`;
  if (before === undefined) return shown(after);
  return `${shown(before)} → ${after === undefined ? '(none)' : shown(after)}`;
}

function shown(value: unknown): string {
  if (typeof value === 'string' && /^sha256:[0-9a-f]{12}$/.test(value)) return value;
  return visible(JSON.stringify(value) ?? '(none)');
}

function leftoverLines(leftovers: readonly Leftover[]): readonly string[] {
  const ours = leftovers.filter((each) => each.ours);
  const others = leftovers.filter((each) => !each.ours);
  return [
    ...(ours.length > 0 ? ['In no file, and bearing the mark; --prune takes them away:', ...linesOf(ours)] : []),
    ...(others.length > 0 ? ['In no file, and left alone:', ...linesOf(others)] : []),
  ];
}

/** A line each; the SIMs of a group stand together. */
function linesOf(leftovers: readonly Leftover[]): readonly string[] {
  const sims = new Map<string, string[]>();
  for (const { kind, name, group = '' } of leftovers)
    if (kind === 'sim') sims.set(group, [...(sims.get(group) ?? []), name]);
  const others = leftovers
    .filter(({ kind }) => kind !== 'sim')
    .map(({ kind, name, group = '', kept }) => {
      const what = kind === 'entry-point' ? `group ${group}: Beam's entry point ${name}` : `${kind} ${name}`;
      return kept === undefined ? what : `${what} (kept: ${kept})`;
    });
  const together = [...sims].map(([group, names]) => `${simsTitle(names)} in the group ${group}`);
  return [...others, ...together].map((line) => `    ${visible(line)}`);
}
