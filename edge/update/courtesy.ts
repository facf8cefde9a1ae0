import type { Duration } from '@tashika/shared/time';

/** What a download has to make way for. */
export interface Surroundings {
  /** How the agent is; undefined where none says so, so that there is nobody to make way for. */
  readonly agent: { readonly failuresInRow: number; readonly held: number } | undefined;
  readonly mostHeld: number;
  /** How long it was made way for already, without a pause. */
  readonly yieldedMs: Duration;
  /** Of the day, in bytes: what the updater has used, what the agent has, and how much they may; undefined is no limit. */
  readonly budget:
    | { readonly own: number; readonly agents: number; readonly daily: number; readonly share: number }
    | undefined;
  readonly untilNextDay: Duration;
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

/** Whether a piece of a bundle may be asked for now: readings, the day's bytes and the disk's room go before it. */
export function waitFor(surroundings: Surroundings): Wait {
  const { budget, untilNextDay, free, leaveFree, missing } = surroundings;
  if (free - missing < leaveFree)
    return {
      waitMs: DISK_WAIT,
      why: `the disk has ${free} bytes free; with the ${missing} that are to come, less than update.freeBytes (${leaveFree}) would be left`,
    };
  const wait = waitForAgent(surroundings);
  if (wait || !budget) return wait;
  const { own, agents, daily, share } = budget;
  const left = Math.min(daily * share - own, daily - own - agents);
  if (left > 0) return undefined;
  return {
    waitMs: Math.max(1_000, Math.min(untilNextDay, BUDGET_WAIT)),
    why: `the day's bytes are used: ${own} by the updater and ${agents} by the agent, of uplink.dailyBytes (${daily}), of which update.dailyShare is ${share}`,
  };
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
