import type { Rollout } from '@tashika/cloud/api/fleet';
import type { Store } from '@tashika/cloud/store';
import type { Clock, Duration, Timestamp } from '@tashika/shared/time';
import type { Scenario } from './scenarios.ts';
import type { SimulatedServer } from './server.ts';
import type { Simulation } from './simulation.ts';

/** What came of a scenario. */
export interface Played {
  readonly state: Rollout['state'];
  /** Why it was halted; undefined where it was not. */
  readonly signal: string | undefined;
  readonly reason: string | undefined;
  /** The wave under way when it ended or was halted, from 1. */
  readonly wave: number;
  /** The wave where the signal could first be seen; undefined for a good image. */
  readonly visibleIn: number | undefined;
  readonly devices: number;
  /** Devices that were ever offered the image. */
  readonly touched: number;
  readonly rolledBack: number;
  /** From the start of the rollout to the halt, or to its end, in ms. */
  readonly afterMs: Duration;
  /** How often it paused by itself. */
  readonly pauses: number;
}

export interface Stage {
  readonly simulation: Simulation;
  readonly server: SimulatedServer;
  readonly store: Store;
  readonly clock: Clock;
}

export const ROLLOUT = 'simulated';

/** Takes steps until the rollout has ended, `mostMs` at most, and says what came of it. */
export async function playToTheEnd(stage: Stage, scenario: Scenario, mostMs: Duration): Promise<Played> {
  const { simulation, server, clock } = stage;
  const began = clock.now();
  while (clock.now() < began + mostMs && !(await hasEnded(stage.store))) {
    await simulation.step();
    await server.tick();
  }
  return outcomeOf(stage, scenario, began);
}

/** Whether the rollout is over. */
export async function hasEnded(store: Store): Promise<boolean> {
  const [row] = await store.query<{ ended: boolean }>(
    'SELECT ended_at IS NOT NULL AS ended FROM rollout WHERE id = $1',
    [ROLLOUT],
  );
  return row?.ended ?? false;
}

/** What has come of the rollout so far, by the server's own words. */
export async function outcomeOf(stage: Stage, scenario: Scenario, began: Timestamp): Promise<Played> {
  const { server, store, clock } = stage;
  const rollout = await server.rollout(ROLLOUT);
  const audit = await store.query<{ at: Date; to: string }>(
    `SELECT at, to_state AS to FROM fleet_audit WHERE subject = $1 AND to_state IN ('halted', 'paused') ORDER BY id`,
    [`rollout:${ROLLOUT}`],
  );
  const halted = audit.find(({ to }) => to === 'halted');
  const { state, wave, touched, devices, failing, reason, byState } = rollout;
  return {
    ...{ state, wave, touched, devices },
    signal: halted ? (failing.signal ?? undefined) : undefined,
    reason: halted ? (reason ?? undefined) : undefined,
    visibleIn: scenario.expected === 'completed' ? undefined : await visibleIn(store, scenario, rollout),
    rolledBack: byState['rolled-back'] ?? 0,
    afterMs: (halted?.at.getTime() ?? clock.now()) - began,
    pauses: audit.filter(({ to }) => to === 'paused').length,
  };
}

/** The first wave by whose soak the affected devices have had the image for as long as the scenario asks. */
async function visibleIn(store: Store, { effect, deviceDays }: Scenario, { plan }: Rollout): Promise<number> {
  const { region = null, board = null } = effect.only ?? {};
  const waves = await store.query<{ wave: number; affected: number }>(
    `SELECT wave, count(*) FILTER (WHERE ($2::text IS NULL OR region = $2) AND ($3::text IS NULL OR board = $3)) AS affected
       FROM rollout_device WHERE rollout_id = $1 GROUP BY wave ORDER BY wave`,
    [ROLLOUT, region, board],
  );
  const soakDays = plan.soakMinutes / 1_440;
  let [affected, days] = [0, 0];
  for (const each of waves) {
    affected += each.affected;
    days += affected * soakDays;
    if (days >= deviceDays) return each.wave;
  }
  return waves.length;
}
