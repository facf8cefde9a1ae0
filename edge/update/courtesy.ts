import type { Duration } from '@tashika/shared/time';
import { leftForAll, leftForUpdates, type Spent } from './day-bytes.ts';

/** What a download has to make way for. */
export interface Surroundings {
  /** How the agent is; undefined where none says so, so that there is nobody to make way for. */
  readonly agent: { readonly failuresInRow: number; readonly held: number } | undefined;
  readonly mostHeld: number;
  /** How long it was made way for already, without a pause. */
  readonly yieldedMs: Duration;
  /** Undefined is without a limit. */
  readonly spent: Spent | undefined;
  /** On the disk of the bundle, in bytes. */
  readonly free: number;
  readonly leaveFree: number;
  /** Of the bundle, still to come. */
  readonly missing: number;
}

/** How long to wait, and for what; undefined: go on. */
export type Wait = { readonly waitMs: Duration; readonly why: string } | undefined;

/** An agent that can't send although the update server is reached may need the very update that makes way for it. */
const MOST_YIELD: Duration = 21_600_000;
const AGENT_WAIT: Duration = 30_000;
const DISK_WAIT: Duration = 600_000;
/** The clock may become right, and the day another. */
const BUDGET_WAIT: Duration = 600_000;

/** Of the day's bytes, what an agent needs at least for the posts that prove a new image, and what may not be counted yet. */
const TRIAL_PART = 0.05;
/** Polls and what is told cost bytes, too. */
const SELDOM: Duration = 3_600_000;

/** Whether a piece of a bundle may be asked for now: readings, the day's bytes and the disk's room go before it. */
export function waitFor(surroundings: Surroundings): Wait {
  const { spent, free, leaveFree, missing } = surroundings;
  if (free - missing < leaveFree)
    return {
      waitMs: DISK_WAIT,
      why: `the disk has ${free} bytes free; with the ${missing} that are to come, less than update.freeBytes (${leaveFree}) would be left`,
    };
  const wait = waitForAgent(surroundings);
  if (wait || !spent || leftForUpdates(spent) > 0) return wait;
  const { own, agents, daily, share } = spent;
  return {
    waitMs: untilMore(spent),
    why: `the day's bytes are used: ${own} by the updater and ${agents} by the agent, of uplink.dailyBytes (${daily}), of which update.dailyShare is ${share}`,
  };
}

/**
 * Whether a new image may be tried now. It has to have a post answered, so it would be taken back, however good it is,
 * while the link is down, and as well while the agent holds its readings because the day's bytes are used.
 */
export function waitForTrial(surroundings: Pick<Surroundings, 'agent' | 'mostHeld' | 'yieldedMs' | 'spent'>): Wait {
  const { spent } = surroundings;
  const wait = waitForAgent(surroundings);
  if (wait || !spent || leftForAll(spent) > spent.daily * TRIAL_PART) return wait;
  const { own, agents, daily } = spent;
  return {
    waitMs: untilMore(spent),
    why: `a new image has to have a post answered, and of the day's bytes ${own} are used by the updater and ${agents} by the agent, of uplink.dailyBytes (${daily})`,
  };
}

/** How much longer than usual to wait before the server is asked for news: polls that go on would be readings held. */
export function pollsApart(spent: Spent | undefined): Duration {
  return spent && leftForUpdates(spent) <= 0 ? Math.min(SELDOM, Math.max(1_000, spent.untilNextDay)) : 0;
}

function untilMore({ untilNextDay }: Spent): Duration {
  return Math.max(1_000, Math.min(untilNextDay, BUDGET_WAIT));
}

/** Whether an agent needs the link for itself. */
export function waitForAgent({
  agent,
  mostHeld,
  yieldedMs,
}: Pick<Surroundings, 'agent' | 'mostHeld' | 'yieldedMs'>): Wait {
  if (!agent || yieldedMs >= MOST_YIELD) return undefined;
  if (agent.failuresInRow > 0) return { waitMs: AGENT_WAIT, why: "the agent's own posts fail" };
  if (agent.held <= mostHeld) return undefined;
  return { waitMs: AGENT_WAIT, why: `${agent.held} readings wait for the link, more than update.mostHeld` };
}
