import type { FleetImage, Rollout, RolloutList, RolloutSummary } from '@tashika/cloud/api/fleet';
import { usageError } from '@tashika/shared/errors';
import { parseImageName } from '@tashika/shared/image';
import {
  type Command,
  type CommandArguments,
  type CommandContext,
  EXIT_DECLINED,
  EXIT_FOUND,
  type ExitCode,
  flagOf,
  numberOf,
  textOf,
} from '../command/index.ts';
import { apiOf, apiOption, byOption, type FleetApi, personOf } from './access.ts';
import { planFile } from './plan-file.ts';
import { isHarmed, nextStepOf, renderRollout } from './rollout-text.ts';
import { count, devices, table, time } from './written.ts';

const ACTIONS = ['plan', 'start', 'approve', 'pause', 'resume', 'abort', 'show', 'list'] as const;
type Action = (typeof ACTIONS)[number];

/** Of a rollout that the fleet's own readings, or failed installations, have stopped. */
const HALTED: readonly string[] = ['halted', 'rolling-back', 'rolled-back'];
const ENDED: readonly string[] = [...HALTED, 'completed', 'aborted'];

const WATCH_EVERY_S = 5;

export const rolloutCommand: Command = {
  name: 'rollout',
  summary: 'Plan a rollout and steer it: plan FILE; list; start, approve, pause, resume, abort, show ID',
  description:
    'Waves of devices get an image, one after the other, each watched by its own readings; a wave that fails halts the rollout.\n\n' +
    '  tashika fleet rollout plan FILE     what a plan comes to; it is kept under its id, and nothing starts\n' +
    '  tashika fleet rollout start ID      starts it (asks)\n' +
    '  tashika fleet rollout show ID       waves, signals, what halted it; --watch until it ends\n\n' +
    'Times are in UTC (Z). Ends with 3 where the rollout is halted or rolled back, with 78 where the plan is wrong.',
  positionals: [
    { name: 'action', summary: 'What to do', required: true, choices: ACTIONS },
    { name: 'what', summary: 'The file of the plan, or the id of the rollout' },
  ],
  options: {
    api: apiOption,
    by: byOption,
    reason: { type: 'text', value: 'TEXT', summary: 'Why, for the audit log' },
    'roll-back': { type: 'flag', summary: 'abort: devices that have the image get their former one back' },
    watch: { type: 'flag', summary: 'show: tell each change until the rollout halts or ends' },
    every: { type: 'number', value: 'SECONDS', standard: WATCH_EVERY_S, summary: 'show --watch: how often it looks' },
  },
  async run(args, context) {
    const action = textOf(args, 'action') as Action;
    const what = textOf(args, 'what');
    const api = apiOf(args, context);
    if (action === 'list') return list(api, context);
    if (what === undefined)
      throw usageError(`${action} takes ${action === 'plan' ? 'FILE' : 'ID'}.`, 'tashika fleet rollout');
    if (action === 'plan') return planFile(what, args, api, context);
    if (action === 'show') return flagOf(args, 'watch') ? watch(what, args, api, context) : show(what, api, context);
    return step(action, what, args, api, context);
  },
};

function exitCodeOf({ state }: Pick<RolloutSummary, 'state'>): ExitCode {
  return HALTED.includes(state) ? EXIT_FOUND : 0;
}

function rolloutAt(id: string, api: FleetApi): Promise<Rollout> {
  return api.get<Rollout>(`rollouts/${encodeURIComponent(id)}`);
}

const MOST_A_PAGE = 1_000;

async function list(api: FleetApi, context: CommandContext): Promise<ExitCode> {
  const rollouts: RolloutList['rollouts'] = [];
  for (let after = ''; ; ) {
    const { rollouts: page, next } = await api.get<RolloutList>(`rollouts?limit=${MOST_A_PAGE}${after}`);
    rollouts.push(...page);
    if (next === null) break;
    after = `&after=${next}`;
  }
  context.print(
    rollouts.length === 0
      ? 'There is no rollout yet. Write a plan: tashika fleet rollout plan FILE'
      : table(
          [
            ['rollout', 'image', 'state', 'wave', 'touched', 'since'],
            ...rollouts.map((each) => [
              each.id,
              each.image,
              each.state,
              `${each.wave}/${each.wavesTotal}`,
              `${count(each.touched)} of ${count(each.devices)}`,
              time(each.since),
            ]),
          ],
          [4],
        ),
  );
  context.answer({ rollouts });
  return 0;
}

async function show(id: string, api: FleetApi, context: CommandContext): Promise<ExitCode> {
  const rollout = await rolloutAt(id, api);
  context.print(await rendered(rollout, api, context));
  context.answer(rollout);
  return exitCodeOf(rollout);
}

/** That an image is revoked is known of the image alone. */
async function rendered(rollout: Rollout, api: FleetApi, { clock }: CommandContext): Promise<string> {
  if (!isHarmed(rollout)) return renderRollout(rollout, clock.now());
  const { kind, version } = parseImageName(rollout.image)!;
  const image = await api.find<FleetImage>(`images/${kind}/${encodeURIComponent(version)}`);
  return renderRollout(rollout, clock.now(), image !== undefined && image.revokedAt !== null);
}

async function watch(id: string, args: CommandArguments, api: FleetApi, context: CommandContext): Promise<ExitCode> {
  const seconds = numberOf(args, 'every') ?? WATCH_EVERY_S;
  if (!(seconds >= 0.1 && seconds <= 3600))
    throw usageError(`--every takes 0.1 to 3600 seconds, found ${seconds}.`, 'tashika fleet rollout');
  const { clock, signal } = context;
  let told: string | undefined;
  for (;;) {
    const rollout = await rolloutAt(id, api);
    const standing = standingOf(rollout);
    if (standing !== told) context.print(`${told === undefined ? '' : '\n'}${await rendered(rollout, api, context)}`);
    told = standing;
    if (ENDED.includes(rollout.state)) {
      context.answer(rollout);
      return exitCodeOf(rollout);
    }
    context.progress(
      `${rollout.state}, wave ${rollout.wave} of ${rollout.wavesTotal}: ${count(rollout.touched)} of ${devices(rollout.devices)} touched, ${count(updatedOf(rollout))} updated`,
    );
    await clock.sleep(seconds * 1000, signal);
  }
}

/** What is worth telling anew when it changes: devices, which move all the time, are in the line of progress. */
function standingOf({ state, reason, waves, failing }: Rollout): string {
  return JSON.stringify([state, reason, failing.signal, waves.map((wave) => wave.state)]);
}

function updatedOf({ byState }: Rollout): number {
  return (byState.updated ?? 0) + (byState.kept ?? 0);
}

type Step = Exclude<Action, 'plan' | 'show' | 'list'>;

const DONE: Readonly<Record<Step, string>> = {
  start: 'is started',
  approve: 'is approved',
  pause: 'is paused: nothing more is offered, and what was offered goes on',
  resume: 'goes on',
  abort: 'is aborted: nothing more is offered',
};

async function step(
  action: Step,
  id: string,
  args: CommandArguments,
  api: FleetApi,
  context: CommandContext,
): Promise<ExitCode> {
  const before = await rolloutAt(id, api);
  const rollBack = flagOf(args, 'roll-back');
  if (rollBack && action !== 'abort') throw usageError('--roll-back goes with abort.', 'tashika fleet rollout');
  const question = questionOf(action, before, rollBack);
  if (question && !(await context.confirm(question))) {
    context.print('Nothing was changed.');
    context.answer(before);
    return EXIT_DECLINED;
  }
  const reason = textOf(args, 'reason');
  const rollout = await api.post<Rollout>(`rollouts/${encodeURIComponent(id)}/${action}`, {
    by: personOf(args, context),
    ...(reason !== undefined && { reason }),
    ...(rollBack && { rollBack }),
  });
  const done = rollBack ? 'is aborted, and its devices are rolled back' : DONE[action];
  context.print(`${id} ${done}. It is ${rollout.state}.\n${nextStepOf(rollout)}`);
  context.answer(rollout);
  return 0;
}

/** Undefined where it can be taken back. */
function questionOf(
  action: Step,
  { id, image, state, waves, touched, devices: all }: Rollout,
  rollBack: boolean,
): string | undefined {
  // What is over takes no order: the server says so, and nobody is asked before.
  if (ENDED.includes(state)) return undefined;
  if (action === 'start')
    return `Start ${id}: ${image} for ${devices(all)}, ${devices(waves[0]?.devices ?? 0)} of them first?`;
  if (action === 'abort')
    return `Abort ${id} for good? ${count(touched)} of ${devices(all)} were offered ${image}; those that have it ${rollBack ? 'are rolled back' : 'keep it'}.`;
  return undefined;
}
