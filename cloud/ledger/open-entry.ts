import type { Timestamp } from '@tashika/shared/time';
import type { LedgerEntry } from './entry.ts';

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
    if (this.#appended > 0 || this.#held !== null) this.#settle();
    return this.#entry;
  }

  set entry(next: LedgerEntry) {
    if (next === this.entry) return;
    this.#entry = next;
    this.#next = numberAfter(next);
    this.#changed = true;
  }

  /** Nothing above the last number is told lost where numbers were appended, so only that moves. */
  #settle(): void {
    const { imsi, stream, received, lost, held, heldAt } = this.#entry;
    const last = this.#next - 1;
    this.#entry = {
      imsi,
      stream,
      received: this.#appended === 0 ? received : [...received.slice(0, -1), [received.at(-1)![0], last]],
      lost,
      held: this.#held ?? held,
      heldAt: this.#held === null ? heldAt : this.#heldAt,
    };
    this.#appended = 0;
    this.#held = null;
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
