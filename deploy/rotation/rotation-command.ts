import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Duration, Timestamp } from '@tashika/shared/time';
import { type CommandArguments, type CommandContext, EXIT_DECLINED, type ExitCode, flagOf } from '../command/index.ts';
import { describeStep, describeSurvey } from './description.ts';
import { portsOf, type Reach, soracomApiOf, vaultOf } from './reach.ts';
import { type Rotated, type RotationOptions, rotate, type Survey, survey } from './rotate.ts';
import { azureSettingsOf, credentialOf, rulesOf, soracomEndpointOf, userSettingsOf } from './settings.ts';
import type { RuleKind } from './slots.ts';

/** Between two looks; more often where Funnel is known to settle sooner than usual. */
const lookEveryMs = (settleMs: Duration): Duration => Math.min(5_000, Math.max(500, settleMs / 4));

/** `tashika rotate event-hubs-key`. */
export async function runRotation(args: CommandArguments, context: CommandContext): Promise<ExitCode> {
  const rules = rulesOf(args);
  const azure = azureSettingsOf(args, context.env);
  const users = userSettingsOf(args);
  const credentialId = rules.includes('send') ? credentialOf(args) : undefined;
  const soracomEndpoint = soracomEndpointOf(args, context.env);
  const vault = await vaultOf(context);
  const soracom =
    credentialId === undefined ? undefined : { api: soracomApiOf(context, vault, soracomEndpoint), credentialId };
  try {
    return await surveyAndRotate(rules, args, { context, vault, azure, users, soracom });
  } finally {
    await soracom?.api.close();
    await vault.stop();
  }
}

async function surveyAndRotate(rules: readonly RuleKind[], args: CommandArguments, reach: Reach): Promise<ExitCode> {
  const { context } = reach;
  const surveyed: Surveyed[] = [];
  for (const rule of rules) {
    context.progress(`Looking at the ${rule} rule`);
    const rotation = { rule, ports: portsOf(rule, reach), clock: context.clock };
    surveyed.push({ rotation, seen: await survey(rotation) });
  }
  const due = goneOnWith(surveyed);
  for (const { rotation, seen } of due) context.print(describeSurvey(seen, whereaboutsOf(rotation)));
  if (flagOf(args, 'dry-run')) {
    context.print('Nothing was done: this was a dry run.');
    context.answer({ plan: due.map(planOf) });
    return 0;
  }
  if (!(await context.confirm('Rotate these keys?'))) {
    context.print('Nothing was done.');
    context.answer({ rotated: [] });
    return EXIT_DECLINED;
  }
  const rotated: (Rotated & { readonly rule: RuleKind })[] = [];
  for (const { rotation } of due) {
    const done = await rotateTelling(rotation, args, reach);
    rotated.push({ rule: rotation.rule, ...done });
  }
  context.answer({ rotated });
  return 0;
}

interface Surveyed {
  readonly rotation: RotationOptions;
  readonly seen: Survey;
}

/** A run over two rules that ended in the second one has done the first: it is not done once more. */
function goneOnWith(surveyed: readonly Surveyed[]): readonly Surveyed[] {
  const unfinished = surveyed.findIndex(({ seen }) => seen.begunAt !== undefined);
  return surveyed.slice(Math.max(unfinished, 0));
}

async function rotateTelling(rotation: RotationOptions, args: CommandArguments, reach: Reach): Promise<Rotated> {
  const { context, users } = reach;
  const { rule } = rotation;
  const done = await rotate({
    ...rotation,
    run: `${hostname().slice(0, 32)}-${process.pid}-${randomBytes(4).toString('hex')}`,
    takeover: flagOf(args, 'takeover'),
    unproved: flagOf(args, 'unproved'),
    proveWithinMs: users.proveWithinMs,
    lookEveryMs: lookEveryMs(users.settleMs),
    signal: context.signal,
    onStep: (step, facts) => context.progress(`${rule}: ${describeStep(step, facts)}`),
    onDoubts: (doubts) => context.progress(`${rule}: ${doubts.join(' ')}`),
  });
  const { primary, secondary } = done.after;
  context.print(
    `Rule ${rule} has two new keys, ${primary} (primary) and ${secondary} (secondary). Azure takes the former ones no more.`,
  );
  return done;
}

function whereaboutsOf({ ports: { azure, vault, soracom } }: RotationOptions) {
  return { resource: azure.resource, vaultPath: vault.path, credentialId: soracom?.id };
}

/** A survey for a program. */
function planOf({ rotation, seen: { facts, steps, begunAt, finishedAt } }: Surveyed): object {
  const { rule, azure, vault, soracom } = facts;
  return {
    rule,
    ...whereaboutsOf(rotation),
    keys: { azure, vault, soracom },
    begunAt: utcOrNull(begunAt),
    finishedAt: utcOrNull(finishedAt),
    steps,
  };
}

function utcOrNull(time: Timestamp | undefined): string | null {
  return time === undefined ? null : new Date(time).toISOString();
}
