import { statSync } from 'node:fs';
import { TashikaError, usageError } from '@tashika/shared/errors';
import {
  type Command,
  type CommandContext,
  EXIT_DECLINED,
  type ExitCode,
  flagOf,
  numberOf,
} from '../../command/index.ts';
import { type Account, readAccount } from '../account/index.ts';
import { applyActions, readingFor, remainderOf, unsettledAfter } from '../apply/index.ts';
import { assertApproved } from '../approval/index.ts';
import { type Declaration, readDeclaration } from '../declaration/index.ts';
import { type Action, loadPlan, type Plan, printed, type SavedPlan, summaryOf } from '../plan/index.ts';
import { planned } from '../planning.ts';
import { type Surroundings, surroundedBy } from '../surroundings.ts';
import { listed, pathOf, prune } from './shown.ts';

const PARALLEL = 4;
const MOST_PARALLEL = 16;

export const applyCommand: Command = {
  name: 'apply',
  summary: 'Do what the files, or a plan that was kept, say',
  description: 'Run again after an end of any kind, it goes on with what is left. Nothing is sent to another account.',
  positionals: [{ name: 'what', summary: 'Folder of declarative files, or a plan that was kept', required: true }],
  options: {
    prune,
    'require-approval': { type: 'flag', summary: 'Only a plan that was approved' },
    parallel: {
      type: 'number',
      value: 'N',
      summary: `How many things are worked on at once, 1 to ${MOST_PARALLEL}`,
      standard: PARALLEL,
    },
  },
  async run(args, context) {
    const parallel = numberOf(args, 'parallel') ?? PARALLEL;
    if (!Number.isInteger(parallel) || parallel < 1 || parallel > MOST_PARALLEL)
      throw usageError(
        `--parallel takes a whole number from 1 to ${MOST_PARALLEL}, found ${parallel}.`,
        'tashika soracom apply',
      );
    const path = pathOf(args.what, context);
    const approved = flagOf(args, 'require-approval');
    const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory();
    if (isFolder)
      return applyFiles(readDeclaration(path), { prune: flagOf(args, 'prune'), approved, parallel }, context);
    if (flagOf(args, 'prune'))
      throw usageError('A plan that was kept says itself what goes: --prune is for folders.', 'tashika soracom apply');
    return applyPlan(loadPlan(path), { approved, parallel }, context);
  },
};

interface ApplyArguments {
  readonly approved: boolean;
  readonly parallel: number;
}

function applyFiles(
  declaration: Declaration,
  args: ApplyArguments & { prune: boolean },
  context: CommandContext,
): Promise<ExitCode> {
  if (args.approved || declaration.requireApproval)
    throw new TashikaError(
      'SORACOM_PLAN_UNAPPROVED',
      'Only an approved plan may be applied here. Nothing was sent. Keep one (tashika soracom plan --out PLAN), have it approved (tashika soracom approve PLAN) and apply it.',
    );
  return surroundedBy(declaration, context, async (around) => {
    const { plan, account } = await planned(declaration, around, { prune: args.prune, compareSecrets: true }, context);
    return carryOut(plan, plan.actions, account, around, args, context);
  });
}

function applyPlan(saved: SavedPlan, args: ApplyArguments, context: CommandContext): Promise<ExitCode> {
  const { plan } = saved;
  return surroundedBy(plan, context, async (around) => {
    if (args.approved || plan.requireApproval) {
      const { approvedBy, approvedAt } = await assertApproved(saved, around.vault);
      context.print(`Approved by ${approvedBy} at ${approvedAt}.`);
    }
    const reading = readingFor(Object.keys(plan.subjects));
    const account = await readAccount(around.api, reading, (count) => context.progress(`${count} SIMs read`));
    const { actions, changed } = remainderOf(plan, account);
    if (changed.length > 0)
      throw new TashikaError(
        'SORACOM_PLAN_STALE',
        `Since the plan was made (${saved.madeAt}), this has changed in the account: ${listed(changed)}. Nothing was sent. Make a new plan.`,
      );
    return carryOut(plan, actions, account, around, args, context);
  });
}

async function carryOut(
  plan: Plan,
  actions: readonly Action[],
  account: Account,
  { api, secrets }: Surroundings,
  { parallel }: ApplyArguments,
  context: CommandContext,
): Promise<ExitCode> {
  context.print(printed({ ...plan, actions }));
  const skipped = plan.actions.length - actions.length;
  if (skipped > 0) context.print(`\n${skipped} of the plan's ${plan.actions.length} changes are done already.`);
  const answer = { operatorId: plan.operatorId, summary: summaryOf({ ...plan, actions }), alreadyDone: skipped };
  if (actions.length > 0 && !(await context.confirm(`Do this to the account of operator ${plan.operatorId}?`))) {
    context.print('Nothing was changed.');
    context.answer({ ...answer, done: 0 });
    return EXIT_DECLINED;
  }
  await applyActions(actions, account, {
    ...{ api, secrets, parallel, signal: context.signal },
    tell: (done, total) => context.progress(`${done} of ${total} changes`),
  });
  const unsettled = actions.length === 0 ? [] : await unsettledAfter(plan, api);
  if (unsettled.length > 0)
    throw new TashikaError(
      'SORACOM_UNSETTLED',
      `All ${actions.length} changes are done, and read back this is not what was wanted: ${listed(unsettled)}. Look at tashika soracom plan.`,
    );
  context.print(
    actions.length === 0 ? '' : `\nDone: ${actions.length} changes, ${api.requests} requests, read back as wanted.`,
  );
  context.answer({ ...answer, done: actions.length, requests: api.requests });
  return 0;
}
