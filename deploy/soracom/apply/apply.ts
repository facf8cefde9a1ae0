import { messageOf, TashikaError } from '@tashika/shared/errors';
import { type Account, readAccount } from '../account/index.ts';
import type { SoracomApi } from '../api/index.ts';
import { type Action, digestOf, indexed, type Plan, phaseOf, stateOf, subjectOf } from '../plan/index.ts';
import { assertSameSecret, Performer } from './perform.ts';
import type { Secrets } from './secrets.ts';

export interface ApplyOptions {
  readonly api: SoracomApi;
  readonly secrets: Secrets;
  /** How many subjects are worked on at once. */
  readonly parallel: number;
  readonly signal?: AbortSignal;
  readonly tell: (done: number, total: number) => void;
}

/** What of a plan has not been done yet, by what the account says now. */
export interface Remainder {
  readonly actions: readonly Action[];
  /** Subjects that are neither as they were nor as the plan leaves them. */
  readonly changed: readonly string[];
}

/**
 * Compares an account with what it was when a plan was made. What the plan itself has done to it in a run that ended
 * early is no change: that part is left out of what remains.
 */
export function remainderOf({ actions, subjects }: Plan, account: Account): Remainder {
  const index = indexed(account);
  const skip = new Map<string, number>();
  const changed: string[] = [];
  for (const [subject, digests] of Object.entries(subjects)) {
    const at = digests.lastIndexOf(digestOf(stateOf(subject, index(subject)) ?? null));
    if (at < 0) changed.push(subject);
    skip.set(subject, at);
  }
  const seen = new Map<string, number>();
  const remaining = actions.filter((action) => {
    const subject = subjectOf(action);
    const before = seen.get(subject) ?? 0;
    seen.set(subject, before + 1);
    return before >= skip.get(subject)!;
  });
  return { actions: remaining, changed };
}

/**
 * Does actions of a plan: phase after phase, within a phase several subjects at once, what is about one subject in
 * order. At the first failure nothing further is begun, and what is under way is waited for.
 *
 * @throws TashikaError `SORACOM_HALF_APPLIED` where the same command goes on with what is left; `SORACOM_REFUSED`,
 * `SORACOM_DENIED`, `SORACOM_PLAN_STALE`, `VAULT_…`, `CONFIG_INVALID`
 */
export async function applyActions(actions: readonly Action[], account: Account, options: ApplyOptions): Promise<void> {
  const { api, secrets, parallel, signal, tell } = options;
  for (const action of actions) // before anything is sent: a secret that is missing or another one stops the run here
    if (action.do === 'create-credential' || action.do === 'update-credential')
      assertSameSecret(action, await secrets.contentOf(action.credential, action.fields));
  const performer = new Performer(api, secrets, account);
  let done = 0;
  let failure: { readonly error: unknown } | undefined;
  const work = async (queue: (readonly Action[])[]) => {
    for (let subject = queue.shift(); subject; subject = queue.shift())
      for (const action of subject) {
        if (failure) return;
        try {
          signal?.throwIfAborted();
          await performer.perform(action);
          tell(++done, actions.length);
        } catch (error) {
          failure ??= { error };
        }
      }
  };
  for (const queue of phases(actions)) {
    await Promise.all(Array.from({ length: parallel }, () => work(queue)));
    if (failure) throw explained(failure.error, done, actions.length);
  }
}

function phases(actions: readonly Action[]): (readonly Action[])[][] {
  const subjects = new Map<string, Action[]>();
  for (const action of actions) {
    const same = subjects.get(subjectOf(action));
    if (same) same.push(action);
    else subjects.set(subjectOf(action), [action]);
  }
  const byPhase = new Map<number, Action[][]>();
  for (const subject of subjects.values()) {
    const phase = phaseOf(subject[0]!);
    const queue = byPhase.get(phase);
    if (queue) queue.push(subject);
    else byPhase.set(phase, [subject]);
  }
  return [...byPhase.entries()].sort(([a], [b]) => a - b).map(([, queue]) => queue);
}

/** What SORACOM refuses has to be put right first; after anything else the same command goes on. */
function explained(error: unknown, done: number, total: number): unknown {
  const progress = `${done} of ${total} changes are done`;
  if (
    error instanceof TashikaError &&
    ['SORACOM_REFUSED', 'SORACOM_DENIED', 'SORACOM_WRONG_ACCOUNT'].includes(error.code)
  )
    return new TashikaError(error.code, `${error.message} ${progress}, and nothing after it was begun.`, {
      cause: error,
    });
  if (error instanceof TashikaError && !error.code.startsWith('SORACOM_')) return error;
  const reason = error instanceof TashikaError ? error.message : `It was stopped (${messageOf(error)}).`;
  return new TashikaError(
    'SORACOM_HALF_APPLIED',
    `${reason} ${progress}: run the same command again, and it goes on.`,
    { cause: error },
  );
}

/** Reads the account again and says which subjects are not what a plan was to make of them. */
export async function unsettledAfter(plan: Plan, api: SoracomApi): Promise<readonly string[]> {
  const account = await readAccount(api, readingFor(Object.keys(plan.subjects)), () => {});
  const index = indexed(account);
  return [...new Set(plan.actions.map(subjectOf))].filter(
    (subject) => plan.subjects[subject]!.at(-1) !== digestOf(stateOf(subject, index(subject)) ?? null),
  );
}

/** What of an account has to be read to know of these subjects. */
export function readingFor(subjects: readonly string[]) {
  const has = (kind: string) => subjects.some((subject) => subject.startsWith(`${kind}:`));
  return { credentials: has('credential'), groups: has('group') || has('sim'), sims: has('sim') };
}
