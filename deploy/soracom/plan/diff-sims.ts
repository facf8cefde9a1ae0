import { type Account, type ActualSim, callSim, nameOf } from '../account/index.ts';
import { type Declaration, type DeclaredSim, MARK_TAG } from '../declaration/index.ts';
import type { Action } from './action.ts';
import { given, tagChange } from './diff-groups.ts';
import type { Findings, Leftover, Problem } from './findings.ts';

/** What is to be done about SIMs: those of the files, and those that are in groups of the files without being named. */
export function diffSims(declaration: Declaration, account: Account, prune: boolean): Findings {
  const byId = new Map<string, ActualSim>();
  for (const sim of account.sims) for (const id of [sim.simId, ...sim.imsis]) byId.set(id, sim);
  const groups = new Map(account.groups.map((group) => [group.groupId, group]));
  const groupOf = ({ groupId = '' }: ActualSim) => {
    const group = groups.get(groupId); // it may have been deleted
    return group ? (nameOf(group) ?? group.groupId) : undefined;
  };
  const problems: Problem[] = [];
  const named = new Map<string, string>();
  const actions = declaration.sims.flatMap((wanted) => {
    const sim = byId.get(wanted.imsi ?? wanted.simId ?? '');
    if (!sim) {
      problems.push({
        code: 'SORACOM_SIM_UNKNOWN',
        sentence: `${wanted.origin}: the account has no SIM ${wanted.imsi ?? wanted.simId}.`,
      });
      return [];
    }
    const before = named.get(sim.simId);
    named.set(sim.simId, wanted.origin);
    if (before !== undefined)
      problems.push({
        code: 'SORACOM_AMBIGUOUS',
        sentence: `${wanted.origin} and ${before} are one SIM, ${sim.simId}.`,
      });
    return diffSim(wanted, sim, groupOf(sim), declaration.mark);
  });
  const left = leftSims(declaration, account, named, prune);
  return { actions: [...actions, ...left.actions], problems, leftovers: left.leftovers };
}

function diffSim(wanted: DeclaredSim, sim: ActualSim, group: string | undefined, mark: string): readonly Action[] {
  const called = { sim: sim.simId, imsi: callSim(sim) };
  const set = Object.entries(given(wanted.tags)).filter(([tag, value]) => sim.tags[tag] !== value);
  const gone = Object.keys(wanted.tags ?? {}).filter(
    (tag) => wanted.tags![tag] === null && sim.tags[tag] !== undefined,
  );
  const moves = typeof wanted.group === 'string' && wanted.group !== group;
  const leaves = wanted.group === null && group !== undefined;
  const changes = moves || leaves || set.length > 0 || gone.length > 0;
  if (changes && sim.tags[MARK_TAG] !== mark) set.push([MARK_TAG, mark]);
  const before = group === undefined ? {} : { before: group };
  // It leaves with what it has, and comes into a group with its tags: an agent there asks for its region at once.
  return [
    ...(leaves ? [{ ...called, do: 'release-sim' as const, changes: [{ field: 'group', ...before }] }] : []),
    ...(set.length > 0
      ? [
          {
            ...called,
            do: 'set-sim-tags' as const,
            tags: Object.fromEntries(set),
            changes: set.map(([tag, after]) => tagChange(tag, sim.tags[tag], after)),
          },
        ]
      : []),
    ...gone.map((tag) => ({
      ...called,
      do: 'delete-sim-tag' as const,
      tag,
      changes: [tagChange(tag, sim.tags[tag], undefined)],
    })),
    ...(moves
      ? [
          {
            ...called,
            do: 'move-sim' as const,
            group: wanted.group as string,
            changes: [{ field: 'group', ...before, after: wanted.group }],
          },
        ]
      : []),
  ];
}

/** Whoever is in a group of the files can send as the fleet does. */
function leftSims(declaration: Declaration, account: Account, named: ReadonlyMap<string, string>, prune: boolean) {
  const { mark } = declaration;
  const ours = new Map(
    account.groups
      .filter((group) => Object.hasOwn(declaration.groups, nameOf(group) ?? '') || group.tags[MARK_TAG] === mark)
      .map((group) => [group.groupId, nameOf(group) ?? group.groupId]),
  );
  const actions: Action[] = [];
  const leftovers: Leftover[] = [];
  for (const sim of account.sims) {
    const group = sim.groupId === undefined ? undefined : ours.get(sim.groupId);
    if (group === undefined || named.has(sim.simId)) continue;
    const bearsMark = sim.tags[MARK_TAG] === mark;
    if (!bearsMark && declaration.groups[group]?.openMembership) continue;
    if (!prune || !bearsMark) {
      leftovers.push({ kind: 'sim', name: callSim(sim), group, ours: bearsMark });
      continue;
    }
    const called = { sim: sim.simId, imsi: callSim(sim) };
    actions.push(
      { ...called, do: 'release-sim', changes: [{ field: 'group', before: group }] },
      { ...called, do: 'delete-sim-tag', tag: MARK_TAG, changes: [tagChange(MARK_TAG, mark, undefined)] },
    );
  }
  return { actions, leftovers };
}
