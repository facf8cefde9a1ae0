import type { Duration } from '@tashika/shared/time';
import type { WorkState } from './work.ts';

/** What can be seen from outside of whether an agent gets on with its work. */
export interface Vitals {
  /** By the monotonic clock. */
  readonly now: Duration;
  /** Readings on their way into the spool. */
  readonly appends: WorkState;
  /** The uplink's calls to the spool. */
  readonly spool: WorkState;
  /** Posts on their way to an answer; every answer counts, and none within the time-out is an answer too. */
  readonly posts: WorkState;
  /** The disk takes nothing, and is tried again and again; readings wait in memory meanwhile. */
  readonly diskRefuses: boolean;
  /** Whether there is something to send, and a region to send it under. */
  readonly hasToSend: boolean;
}

export interface ProgressLimits {
  /** How long one post may take by itself. */
  readonly postMs: Duration;
}

/** Longer than any pause of a worn SD card. */
const STUCK: Duration = 120_000;
/** What a post may take beyond its own time-out. */
const GRACE: Duration = 60_000;
/** A day's byte budget may be spent at once; the day after, something is sent again. */
const SILENT: Duration = 25 * 3_600_000;

/**
 * Why an agent does not get on, as a sentence; undefined while it does. To have nothing to do is no stall: no reading
 * came, or none is held. Nor is trouble that the agent knows of and works on, such as a link that is away or a disk
 * that refuses: a restart would mend neither, and would cost what is in memory.
 */
export function stallOf(vitals: Vitals, { postMs }: ProgressLimits): string | undefined {
  const { now, appends, spool, posts, diskRefuses, hasToSend } = vitals;
  const stands = (work: WorkState, limit: Duration) => work.inHand > 0 && now - work.movedAt > limit;
  if (!diskRefuses && stands(appends, STUCK))
    return `The spool has taken none of ${appends.inHand} readings for ${seconds(now - appends.movedAt)}.`;
  if (stands(spool, STUCK)) return `The spool has not answered the uplink for ${seconds(now - spool.movedAt)}.`;
  if (stands(posts, postMs + GRACE)) return `A post has had no end for ${seconds(now - posts.movedAt)}.`;
  if (hasToSend && now - posts.movedAt > SILENT)
    return `There are readings to send, and nothing was tried for ${seconds(now - posts.movedAt)}.`;
  return undefined;
}

function seconds(duration: Duration): string {
  return `${Math.round(duration / 1_000)} s`;
}
