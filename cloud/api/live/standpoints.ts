import type { Timestamp } from '@tashika/shared/time';
import type { Pulse, Standpoint } from './pulse.ts';

const WINDOW_MS = 60_000;

/** A day of minutes; who was away for longer gets a snapshot. */
const MOST_ENTRIES = 1_440;

/**
 * A client that comes back says which change it saw last. Windows also turn final with no change of their own, when
 * the watermark passes them, so it takes the watermark of that time to tell such a client what it missed. This
 * remembers it: one entry whenever the watermark has passed another window's end.
 */
export class Standpoints {
  #entries: Standpoint[] = [];
  #latest: Standpoint | undefined;

  /** Takes note of the store's state. A state that goes back belongs to another store: what was noted is dropped. */
  note({ changeId, watermark }: Pulse): void {
    const latest = this.#latest;
    this.#latest = { changeId, watermark };
    if (latest && goesBack(latest, this.#latest)) this.#entries = [];
    if (this.#entries.length > 0 && sameMinute(this.#entries.at(-1)!.watermark, watermark)) return;
    this.#entries.push(this.#latest);
    if (this.#entries.length > MOST_ENTRIES) this.#entries.shift();
  }

  /**
   * The state that a client with `changeId` has seen at the least; undefined when that is not known: the change is
   * not younger than the oldest that is remembered, or yet to come, which is another store's.
   */
  of(changeId: number): Standpoint | undefined {
    if (this.#latest === undefined || changeId > this.#latest.changeId) return undefined;
    // An entry of the same change does not tell: the client may have left before the watermark came to it, and from
    // before the oldest entry (this process began then) nobody knows by how much.
    const entry = this.#entries.findLast((each) => each.changeId < changeId);
    return entry && { changeId, watermark: entry.watermark };
  }
}

/** Whether `now` can't follow `before`: another store, or a partition that is new and holds the watermark back. */
export function goesBack(before: Standpoint, now: Standpoint): boolean {
  if (now.changeId < before.changeId) return true;
  if (before.watermark === null) return now.watermark !== null; // every window was provisional, however old
  return now.watermark === null || now.watermark < before.watermark;
}

/** Whether the same windows are final by both watermarks. */
export function sameMinute(a: Timestamp | null, b: Timestamp | null): boolean {
  return a === null || b === null ? a === b : Math.floor(a / WINDOW_MS) === Math.floor(b / WINDOW_MS);
}
