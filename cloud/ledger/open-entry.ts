import type { Timestamp } from '@tashika/shared/time';
import { type LedgerEntry, withHeld, withReceived } from './entry.ts';

/**
 * An entry while a commit counts into it. Nearly every post follows on the one before: then only a number moves, and
 * the entry is made once, when it is asked for.
 */
export class OpenEntry {
  #entry: LedgerEntry;
  #next: number;
  /** Numbers before `#next` that `#entry` has not. */
  #appended = 0;
  #held: number | null = null;
  #heldAt: Timestamp = 0;
  #changed = false;

  constructor(entry: LedgerEntry) {
    this.#entry = entry;
    this.#next = numberAfter(entry);
  }

  /** Whether the entry differs from the one that it was opened with. */
  get changed(): boolean {
    return this.#changed;
  }

  /** The entry with all that was counted. */
  get entry(): LedgerEntry {
    if (this.#appended > 0) {
      this.#entry = withReceived(this.#entry, [[this.#next - this.#appended, this.#next - 1]]);
      this.#appended = 0;
    }
    if (this.#held !== null) {
      this.#entry = withHeld(this.#entry, this.#held, this.#heldAt);
      this.#held = null;
    }
    return this.#entry;
  }

  set entry(next: LedgerEntry) {
    if (next === this.entry) return;
    this.#entry = next;
    this.#next = numberAfter(next);
    this.#changed = true;
  }

  /** How many ranges it has. */
  get ranges(): number {
    return this.#entry.received.length + this.#entry.lost.length;
  }

  /** Whether `seq` comes right after all that is known of the stream: then it and what follows on it are fresh. */
  follows(seq: number): boolean {
    return seq === this.#next;
  }

  /** Receives the next `count` numbers; the one after them is told by `follows`. */
  append(count: number): void {
    if (count === 0) return;
    this.#next += count;
    this.#appended += count;
    this.#changed = true;
  }

  /** What a post tells of its device's spool: the latest post has the last word. */
  hold(held: number, at: Timestamp): void {
    const { heldAt } = this.#entry;
    if ((heldAt !== null && at < heldAt) || (this.#held !== null && at < this.#heldAt)) return;
    this.#held = held;
    this.#heldAt = at;
    this.#changed = true;
  }
}

/** The number after the last one received; 0, which is no number, where there is none or a later one was told lost. */
function numberAfter({ received, lost }: LedgerEntry): number {
  const last = received.at(-1)?.[1];
  if (last === undefined || (lost.at(-1)?.[1] ?? 0) > last) return 0;
  return last + 1;
}
