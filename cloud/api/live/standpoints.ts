import type { Duration, Timestamp } from '@tashika/shared/time';
import type { Pulse, Standpoint } from './pulse.ts';

/** A day of minutes; who was away for longer gets a snapshot. */
const MOST_ENTRIES = 1_440;

/**
 * A client that comes back says which change it saw last. Windows also turn final with no change of their own, when
 * the watermark passes them, so it takes to know which were final at that time to tell such a client what it missed.
 * This remembers it: one entry whenever another window has become final.
 */
export class Standpoints {
  #entries: Standpoint[] = [];
  #latest: Standpoint | undefined;

  /** Takes note of the store's state. A state that goes back belongs to another store: what was noted is dropped. */
  note({ changeId, finalUntil, windowing }: Pulse): void {
    const latest = this.#latest;
    this.#latest = { changeId, finalUntil };
    if (latest && goesBack(latest, this.#latest)) this.#entries = [];
    const entry = this.#entries.at(-1);
    if (entry && sameFinal(entry.finalUntil, finalUntil, windowing.hopMs)) return;
    this.#entries.push(this.#latest);
    if (this.#entries.length > MOST_ENTRIES) this.#entries.shift();
  }

  /**
   * The state that a client with `changeId` has seen at the least; undefined when that is not known: the change is
   * not younger than the oldest that is remembered, or yet to come, which is another store's.
   */
  of(changeId: number): Standpoint | undefined {
    if (this.#latest === undefined || changeId > this.#latest.changeId) return undefined;
    // An entry of the same change does not tell: the client may have left before that window was final, and from
    // before the oldest entry (this process began then) nobody knows by how much.
    const entry = this.#entries.findLast((each) => each.changeId < changeId);
    return entry && { changeId, finalUntil: entry.finalUntil };
  }
}

/** Whether `now` can't follow `before`: another store, or a partition that is new and holds the watermark back. */
export function goesBack(before: Standpoint, now: Standpoint): boolean {
  if (now.changeId < before.changeId) return true;
  if (before.finalUntil === null) return now.finalUntil !== null; // every window was provisional, however old
  return now.finalUntil === null || now.finalUntil < before.finalUntil;
}

/** Whether the same windows are final until `a` and until `b`; their ends are multiples of the hop. */
export function sameFinal(a: Timestamp | null, b: Timestamp | null, hopMs: Duration): boolean {
  return a === null || b === null ? a === b : Math.floor(a / hopMs) === Math.floor(b / hopMs);
}
