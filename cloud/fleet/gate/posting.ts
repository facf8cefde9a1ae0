import type { OpenState } from './state.ts';

/** How often a device posts, by its own past, and from when on it is silent. */

type Columns = OpenState['columns'];

/** Silent for less than this many rounds, or than so many of its usual ones between two posts, is not silent. */
const LEAST_SILENCE = 3;
const TIMES_THE_RHYTHM = 4;
/** Of how many posts a rhythm is known. */
const KNOWN_BY_POSTS = 2;
/** What a round adds to a rhythm weighs less by this with each one that follows. */
const OLDER_ROUND = 0.99;
/** A silence that is longer, in rounds, changes what is known of a rhythm no more than one of a day. */
const LONGEST_LEARNED = 144;

/** Rounds that a device may be silent for without being called so. */
export function patienceWith({ posts, postRounds }: Columns, row: number): number {
  return Math.max(LEAST_SILENCE, TIMES_THE_RHYTHM * rhythmOf(posts[row]!, postRounds[row]!));
}

/** Rounds from one post to the next; undefined where it is not known yet. */
export function knownRhythm({ posts, postRounds }: Columns, row: number): number | undefined {
  return posts[row]! < KNOWN_BY_POSTS ? undefined : rhythmOf(posts[row]!, postRounds[row]!);
}

function rhythmOf(posts: number, rounds: number): number {
  return (rounds + 1) / (posts + 1);
}

/** Takes in that it posted so often in so many rounds. */
export function learnRhythm({ posts, postRounds }: Columns, row: number, posted: number, rounds: number): void {
  const learned = Math.min(rounds, LONGEST_LEARNED);
  const kept = OLDER_ROUND ** learned;
  posts[row] = posts[row]! * kept + posted;
  postRounds[row] = postRounds[row]! * kept + learned;
}
