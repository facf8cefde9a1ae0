import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Verdict } from '../gate/index.ts';
import { isSettled, isUnderWay } from './states.ts';
import { isQuiet } from './step.ts';
import { BAD, GOOD, NEW, Scene, UNJUDGEABLE } from './testing/scene.ts';

type Event =
  | { readonly kind: 'tick'; readonly minutes: number; readonly verdict: Verdict | undefined }
  | { readonly kind: 'order'; readonly order: 'pause' | 'resume' | 'abort'; readonly rollBack: boolean }
  | { readonly kind: 'revoke' | 'forget' }
  | { readonly kind: 'tells'; readonly device: number; readonly version: string }
  | { readonly kind: 'says'; readonly device: number; readonly progress: string; readonly rebooted: boolean }
  | { readonly kind: 'ends'; readonly device: number; readonly outcome: 'success' | 'failure' | 'cancelled' };

const DEVICES = 9;
const device = fc.nat(DEVICES - 1);
const events = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant('tick' as const),
        minutes: fc.constantFrom(0, 1, 10, 31, 70),
        verdict: fc.oneof(
          { weight: 8, arbitrary: fc.constantFrom<(Verdict | undefined)[]>(undefined, GOOD, { verdict: 'watching' }) },
          { weight: 1, arbitrary: fc.constantFrom(UNJUDGEABLE, BAD) },
        ),
      }),
    },
    {
      weight: 12,
      arbitrary: fc.record({
        kind: fc.constant('tells' as const),
        device,
        version: fc.constantFrom('1.4.0', NEW, NEW, NEW, '1.3.0'),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('says' as const),
        device,
        progress: fc.constantFrom('download', 'downloaded', 'proceeding', 'rejected'),
        rebooted: fc.boolean(),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('ends' as const),
        device,
        outcome: fc.constantFrom('success', 'success', 'success', 'failure', 'cancelled'),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('order' as const),
        order: fc.constantFrom('pause', 'resume', 'resume', 'abort'),
        rollBack: fc.boolean(),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom<Event[]>(
        { kind: 'revoke' },
        { kind: 'forget' },
        { kind: 'tick', minutes: 1, verdict: GOOD },
        { kind: 'tick', minutes: 1, verdict: GOOD },
      ),
    },
  ),
  { maxLength: 60 },
);

function play(scene: Scene, event: Event): void {
  const id = 'device' in event ? `d${event.device}` : '';
  switch (event.kind) {
    case 'tick': {
      const quiet =
        !event.verdict && scene.revoked === null && isQuiet(scene.rollout, scene.now + event.minutes * 60_000);
      const settled = scene.devices.filter(({ state }) => isSettled(state)).map(({ controllerId }) => controllerId);
      const step = scene.tick(event.minutes, event.verdict);
      // What a quiet tick passes over is for the next round: who was done, and is not any more.
      if (quiet && scene.rollout.state !== 'halted') {
        expect(settled).toEqual(expect.arrayContaining(step.changes.map(({ controllerId }) => controllerId)));
        expect(step.offers).toEqual([]);
      }
      break;
    }
    case 'order':
      try {
        scene.order(event.order, 'Bunta', { rollBack: event.rollBack });
      } catch {
        // As the rollout stands it has no meaning.
      }
      break;
    case 'revoke':
      scene.revoked = 'for a test';
      break;
    case 'forget':
      scene.offerable = new Set([NEW]);
      break;
    case 'tells':
      scene.tells(id, event.version, scene.now + 1);
      break;
    case 'says':
      if (scene.device(id).action?.state === 'open') scene.says(id, event);
      break;
    case 'ends':
      if (scene.device(id).action?.state !== 'closed') scene.ends(id, event.outcome);
      break;
  }
}

/**
 * Which of the rules that hold between any two steps are broken. Looked at some 15,000 times, so that it asks nothing of
 * `expect`, which takes most of the time otherwise.
 */
function brokenIn(scene: Scene, before: Scene['rollout'], told: number, stepped: number): string[] {
  const { rollout, devices, steps } = scene;
  const { plan, wave } = rollout;
  const since = steps.slice(stepped);
  const moves = scene.log.slice(told).filter(({ subject, to }) => subject === 'rollout:r' && to);
  const rules: Readonly<Record<string, boolean>> = {
    'no more are under way than may be': devices.filter(({ state }) => isUnderWay(state)).length <= plan.mostInParallel,
    'no device is offered anything before its wave': devices.every((each) => each.wave <= wave || each.action === null),
    'a device moves once a step, on record': since.every(({ entries, changes }) => {
      const moved = entries.filter(({ subject }) => subject.startsWith('device:'));
      return moved.length === changes.length && new Set(moved.map(({ subject }) => subject)).size === moved.length;
    }),
    'each entry says who and why': since.every(({ entries }) =>
      entries.every(({ reason, actor }) => reason !== '' && actor !== ''),
    ),
    'an update is offered while it runs alone': since.every(
      ({ standing, offers }) => standing.state === 'running' || offers.every(({ purpose }) => purpose !== 'update'),
    ),
    'each move of the rollout is on record': (moves.at(-1)?.to ?? before.state) === rollout.state,
    'what is over stays as it is': before.endedAt === null || rollout === before,
    'what was halted never runs again': !OVER.has(before.state) || !RUNS.has(rollout.state),
  };
  return Object.keys(rules).filter((rule) => !rules[rule]);
}

const OVER: ReadonlySet<string> = new Set(['halted', 'rolling-back', 'rolled-back', 'aborted', 'completed']);
const RUNS: ReadonlySet<string> = new Set(['running', 'paused']);

it('a rollout keeps its rules whatever its devices, the gate and people do, and each device comes to an end', () => {
  fc.assert(
    fc.property(
      events,
      fc.integer({ min: 1, max: 4 }),
      fc.constantFrom(0.2, 0.5, 1),
      (story, mostInParallel, mostFailed) => {
        const scene = new Scene([2, 3, 4], { mostInParallel, gate: { mostFailed } });
        for (const event of story) {
          const before = scene.rollout;
          const [told, stepped] = [scene.log.length, scene.steps.length];
          play(scene, event);
          const broken = brokenIn(scene, before, told, stepped);
          if (broken.length > 0) expect.fail(`After ${JSON.stringify(event)}: ${broken.join('; ')}`);
        }
        // The same facts over again come to no step, once what follows from them at once has been done.
        for (let times = 0; times < 6; times++) scene.tick(0);
        const taken = scene.steps.length;
        scene.tick(0);
        expect(scene.steps.length).toBe(taken);
        // In the end nobody pauses it, devices that say nothing vanish, and the gate finds it good.
        for (let times = 0; times < 40 && scene.rollout.endedAt === null; times++) {
          if (scene.rollout.state === 'paused' && scene.rollout.pausedBy !== 'gate') scene.order('resume');
          scene.tick(70, GOOD);
        }
        const waits = scene.rollout.reason?.includes('fewer than');
        if (!waits) {
          expect(scene.rollout.endedAt).not.toBeNull();
          expect(scene.devices.filter(({ state }) => !isSettled(state) || state === 'updated')).toEqual([]);
        }
      },
    ),
    { numRuns: 500, seed: 20_260_601 },
  );
});
