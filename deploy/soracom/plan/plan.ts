import { type ErrorCode, TashikaError } from '@tashika/shared/errors';
import { type Account, nameOf } from '../account/index.ts';
import type { Coverage } from '../api/index.ts';
import type { Declaration } from '../declaration/index.ts';
import { type Action, phaseOf, subjectOf } from './action.ts';
import { after, afterAll, stateOf } from './after.ts';
import { digestOf } from './canonical.ts';
import { diffCredentials, leftCredentials, type Resolved } from './diff-credentials.ts';
import { diffGroups, leftGroups } from './diff-groups.ts';
import { diffSims } from './diff-sims.ts';
import type { Leftover, Problem } from './findings.ts';
import { shrinkingFirst, sizeProblems } from './size.ts';

/** What is to be done to an account, in order, and what it was when that was decided. No secret is in it. */
export interface Plan {
  readonly operatorId: string;
  readonly coverage: Coverage;
  readonly requireApproval: boolean;
  readonly actions: readonly Action[];
  readonly leftovers: readonly Leftover[];
  /**
   * By subject: digests of what the account says of it, first as it was read, then after each action about it. What
   * the files are about and needs nothing done has one.
   */
  readonly subjects: Readonly<Record<string, readonly string[]>>;
}

export interface PlanOptions {
  /** Take away what bears the mark and is in no file. */
  readonly prune: boolean;
}

/**
 * What has to be done so that an account is what the files say. Nothing is done about what they do not name.
 *
 * @throws TashikaError `SORACOM_WRONG_ACCOUNT`, `SORACOM_AMBIGUOUS`, `SORACOM_SIM_UNKNOWN`, `SORACOM_GROUP_TOO_LARGE`,
 * `SORACOM_REFUSED`
 */
export function makePlan(declaration: Declaration, account: Account, resolved: Resolved, { prune }: PlanOptions): Plan {
  if (account.operatorId !== declaration.operatorId)
    throw new TashikaError(
      'SORACOM_WRONG_ACCOUNT',
      `The account is operator ${account.operatorId}, and the files are for ${declaration.operatorId}.`,
    );
  const found = [
    diffCredentials(declaration, account, resolved),
    diffGroups(declaration, account, prune),
    diffSims(declaration, account, prune),
  ];
  const wanted = bySubject(
    found.flatMap(({ actions }) => actions),
    account,
  );
  const settled = afterAll(account, wanted);
  const groups = leftGroups(declaration, account, settled, prune);
  const remaining = afterAll(settled, groups.actions);
  const credentials = leftCredentials(declaration, account, remaining, prune);
  const actions = [...wanted, ...groups.actions, ...credentials.actions];
  throwFirst([
    ...found.flatMap(({ problems }) => problems),
    ...signatureProblems(declaration, settled),
    ...sizeProblems(actions, settled),
  ]);
  return {
    operatorId: declaration.operatorId,
    coverage: declaration.coverage,
    requireApproval: declaration.requireApproval,
    actions,
    leftovers: [...found.flatMap(({ leftovers }) => leftovers), ...groups.leftovers, ...credentials.leftovers],
    subjects: subjectsOf(declaration, account, actions),
  };
}

/** In the order of phases, and all about one subject together. */
function bySubject(actions: readonly Action[], account: Account): readonly Action[] {
  const ofSubject = new Map<string, Action[]>();
  for (const action of actions) {
    const subject = subjectOf(action);
    const same = ofSubject.get(subject);
    if (same) same.push(action);
    else ofSubject.set(subject, [action]);
  }
  const parts = [...ofSubject.entries()].map(([subject, same]) =>
    subject.startsWith('group:') ? shrinkingFirst(same, account) : same,
  );
  return parts.sort((a, b) => phaseOf(a[0]!) - phaseOf(b[0]!)).flat();
}

function subjectsOf(declaration: Declaration, account: Account, actions: readonly Action[]): Plan['subjects'] {
  const index = indexed(account);
  const digests = new Map<string, string[]>();
  const begin = (subject: string) => {
    if (!digests.has(subject)) digests.set(subject, [digestOf(stateOf(subject, index(subject)) ?? null)]);
  };
  for (const id of Object.keys(declaration.credentials)) begin(`credential:${id}`);
  for (const name of Object.keys(declaration.groups)) begin(`group:${name}`);
  for (const subject of actions.map(subjectOf)) begin(subject);
  const now = new Map<string, Account>();
  for (const action of actions) {
    const subject = subjectOf(action);
    const next = after(now.get(subject) ?? index(subject), action);
    now.set(subject, next);
    digests.get(subject)!.push(digestOf(stateOf(subject, next) ?? null));
  }
  return Object.fromEntries(digests);
}

/** Of an account the part that a subject's state depends on, so that ten thousand SIMs are not gone through for each. */
export function indexed(account: Account): (subject: string) => Account {
  const sims = new Map(account.sims.map((sim) => [sim.simId, sim]));
  return (subject) => {
    if (!subject.startsWith('sim:')) return { ...account, sims: [] };
    const sim = sims.get(subject.slice('sim:'.length));
    return { ...account, credentials: {}, sims: sim ? [sim] : [] };
  };
}

/** A signature needs a key: of the files, or one that is in the group already. */
function signatureProblems(declaration: Declaration, settled: Account): readonly Problem[] {
  return Object.entries(declaration.groups).flatMap(([name, { beam }]) => {
    const actual = settled.groups.find((group) => nameOf(group) === name)?.configuration.SoracomBeam ?? {};
    return Object.entries(beam ?? {})
      .filter(([entry, { headers }]) => headers?.signature && !(actual[entry] as { psk?: unknown } | undefined)?.psk)
      .map(([entry]) => ({
        code: 'CONFIG_INVALID' as const,
        sentence: `The group ${name} is to sign at Beam's entry point ${entry} and has no key: name a credential in preSharedKey.`,
      }));
  });
}

/** All problems of the code that comes first. */
function throwFirst(problems: readonly Problem[]): void {
  const code: ErrorCode | undefined = problems[0]?.code;
  if (code === undefined) return;
  throw new TashikaError(
    code,
    problems
      .filter((problem) => problem.code === code)
      .map(({ sentence }) => sentence)
      .join('\n'),
  );
}

/** Whether files and account are one: nothing to do, and nothing left over. */
export function isSettled({ actions, leftovers }: Plan): boolean {
  return actions.length === 0 && leftovers.length === 0;
}
