import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Account } from '../account/index.ts';
import { remainderOf } from '../apply/index.ts';
import type { Declaration } from '../declaration/index.ts';
import { anyAccount, anyDeclaration, CLEAR_KEY } from '../testing/arbitrary.ts';
import { type Action, afterAll, makePlan, type Plan, partsOf, phaseOf, printed, subjectOf } from './index.ts';

const RUNS = { numRuns: 100, seed: 20_261_122 };
const cases = fc.tuple(anyDeclaration, anyAccount, fc.boolean());

describe('a plan, whatever is wanted and whatever is there', () => {
  it('leaves nothing to do once it is carried out', () => {
    fc.assert(
      fc.property(cases, ([{ declaration, resolved }, account, prune]) => {
        const plan = makePlan(declaration, account, resolved, { prune });
        const end = afterAll(account, plan.actions);
        expect(makePlan(declaration, end, resolved, { prune }).actions).toEqual([]);
      }),
      RUNS,
    );
  });

  it('touches nothing that the files do not name and that does not bear the mark', () => {
    fc.assert(
      fc.property(cases, ([{ declaration, resolved }, account, prune]) => {
        const plan = makePlan(declaration, account, resolved, { prune });
        const end = afterAll(account, plan.actions);
        expect(strangersIn(end, account, declaration)).toEqual(strangersIn(account, account, declaration));
      }),
      RUNS,
    );
  });

  it('takes nothing away without being told to, but for what the files say null of', () => {
    fc.assert(
      fc.property(cases, ([{ declaration, resolved }, account]) => {
        const plan = makePlan(declaration, account, resolved, { prune: false });
        expect(plan.actions.filter((action) => /^delete-(group|credential)$/.test(action.do))).toEqual([]);
        for (const action of plan.actions)
          if (action.do === 'delete-group-key' && action.namespace === 'SoracomBeam')
            throw new Error('an entry point went');
      }),
      RUNS,
    );
  });

  it('goes on from wherever it ended, to the same end, and not from where somebody else has been', () => {
    fc.assert(
      fc.property(
        cases,
        fc.array(fc.nat(4), { maxLength: 20 }),
        ([{ declaration, resolved }, account, prune], cuts) => {
          const plan = makePlan(declaration, account, resolved, { prune });
          const done = partOf(plan, cuts);
          const between = afterAll(account, done);
          const { actions, changed } = remainderOf(plan, between);
          expect(changed).toEqual([]);
          expect(actions).toHaveLength(plan.actions.length - done.length);
          expect(statesOf(afterAll(between, actions), plan)).toEqual(statesOf(afterAll(account, plan.actions), plan));
          const meddled: Account = {
            ...between,
            groups: between.groups.map((group) => ({ ...group, tags: { ...group.tags, meddled: 'yes' } })),
          };
          const named = Object.keys(plan.subjects).filter((subject) =>
            meddled.groups.some(({ tags }) => subject === `group:${tags.name}`),
          );
          expect([...remainderOf(plan, meddled).changed].sort()).toEqual(named.sort());
        },
      ),
      RUNS,
    );
  });

  it('does what is referred to before what refers to it', () => {
    fc.assert(
      fc.property(cases, ([{ declaration, resolved }, account, prune]) => {
        const { actions } = makePlan(declaration, account, resolved, { prune });
        const firsts = new Map(actions.map((action) => [subjectOf(action), phaseOf(action)]));
        const order = [...firsts.values()];
        expect(order).toEqual([...order].sort((a, b) => a - b));
      }),
      RUNS,
    );
  });

  it('shows no secret', () => {
    fc.assert(
      fc.property(cases, ([{ declaration, resolved }, account, prune]) => {
        const plan = makePlan(declaration, account, resolved, { prune });
        expect(printed(plan)).not.toContain(CLEAR_KEY);
        expect(JSON.stringify(plan)).not.toContain(CLEAR_KEY);
      }),
      RUNS,
    );
  });
});

/** All that is nobody's business. */
function strangersIn(account: Account, before: Account, { credentials, groups, sims, mark }: Declaration): unknown {
  const ours = new Set(Object.keys(groups));
  const simsOfOurs = new Set(sims.map(({ imsi }) => imsi));
  const marked = (id: string) => before.sims.find(({ simId }) => simId === id)?.tags.managedBy === mark;
  return {
    credentials: Object.entries(account.credentials).filter(
      ([id, { description }]) => !Object.hasOwn(credentials, id) && partsOf(description).mark !== mark,
    ),
    groups: account.groups.filter(({ tags }) => !ours.has(tags.name!) && tags.managedBy !== mark),
    partsOfOurs: account.groups
      .filter(({ groupId, tags }) => ours.has(tags.name!) && before.groups.some((group) => group.groupId === groupId))
      .map(({ tags, configuration }) => {
        const { metadata: _, userdata: __, ...air } = configuration.SoracomAir ?? {};
        const { SoracomFunnel: ___, SoracomBeam: ____, SoracomAir: _____, ...others } = configuration;
        const unnamed = Object.entries(tags).filter(([tag]) => !Object.hasOwn(groups[tags.name!]!.tags ?? {}, tag));
        return { air, others, unnamed };
      }),
    sims: account.sims.filter(({ simId, imsis }) => !simsOfOurs.has(imsis[0]) && !marked(simId)),
  };
}

/** What a run that was cut has done: whole phases, and of one phase the beginnings of what is about each subject. */
function partOf({ actions }: Plan, [cut = 0, ...cuts]: readonly number[]): readonly Action[] {
  const phases = [...new Set(actions.map((action) => phaseOf(action)))];
  const cutPhase = phases[cut % Math.max(phases.length, 1)] ?? 0;
  const subjects = [...new Set(actions.map(subjectOf))];
  const left = new Map(subjects.map((subject, at) => [subject, cuts[at % Math.max(cuts.length, 1)] ?? 0]));
  return actions.filter((action) => {
    const subject = subjectOf(action);
    const first = phaseOf(actions.find((each) => subjectOf(each) === subject)!);
    if (first !== cutPhase) return first < cutPhase;
    const more = left.get(subject)!;
    left.set(subject, more - 1);
    return more > 0;
  });
}

function statesOf(account: Account, plan: Plan): unknown {
  const groups = [...account.groups].sort((a, b) => (a.groupId < b.groupId ? -1 : 1));
  return { ...account, groups, remainder: remainderOf(plan, account) };
}
