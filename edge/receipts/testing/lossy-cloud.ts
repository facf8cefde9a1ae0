import { type SequenceRanges, through } from '@tashika/shared/sequence';
import type { Duration, TestClock } from '@tashika/shared/time';
import type { Batch } from '../../spool/index.ts';
import { Receiver } from '../../spool/testing/receiver.ts';
import type { RawAnswer, ReceiptSource } from '../beam.ts';

/** What becomes of a post that the link has accepted: it never arrives, or arrives after a while. */
export type Fate = 'lost' | Duration;

/** A link that accepts everything, a cloud behind it that gets some of it, and the receipts of that cloud. */
export class LossyCloud implements ReceiptSource {
  readonly receiver = new Receiver();
  /** Batches that the link accepted, as they were. */
  readonly posts: Batch[] = [];
  /** Questions by stream, and when they came. */
  readonly questions: { readonly stream: string; readonly at: Duration }[] = [];
  /** Decides on each post. */
  fateOf: (batch: Batch) => Fate = () => 0;
  /** Set: answers this instead of a receipt; an error is thrown. */
  answers: ((stream: string) => RawAnswer | Error) | undefined;
  /** Most ranges that a receipt names. */
  mostRanges = 1_000;
  /** How long a question is under way. */
  takesMs: Duration = 0;
  /** The most questions that were ever under way at once. */
  atOnce = 0;
  readonly clock: TestClock;
  #underWay = 0;

  constructor(clock: TestClock) {
    this.clock = clock;
  }

  take(batch: Batch): void {
    this.posts.push(batch);
    const fate = this.fateOf(batch);
    if (fate === 'lost') return;
    if (fate === 0) this.receiver.take(batch);
    else this.clock.after(fate, () => this.receiver.take(batch));
  }

  async ask(stream: string, signal: AbortSignal): Promise<RawAnswer> {
    this.questions.push({ stream, at: this.clock.monotonic() });
    this.atOnce = Math.max(this.atOnce, ++this.#underWay);
    try {
      if (this.takesMs > 0) await this.clock.sleep(this.takesMs, signal);
    } finally {
      this.#underWay--;
    }
    const answer = this.answers?.(stream) ?? this.receipt(stream);
    if (answer instanceof Error) throw answer;
    return answer;
  }

  async close(): Promise<void> {}

  /** As the cloud's API answers: one that names not all of what is missing ends with the last that it names. */
  receipt(stream: string): RawAnswer {
    const numbers = [...(this.receiver.values.get(stream)?.keys() ?? [])];
    const known = Math.max(0, ...numbers, through(this.receiver.lost.get(stream) ?? []));
    const all: SequenceRanges = this.receiver.missing(stream);
    const missing = all.slice(0, this.mostRanges);
    const last = missing.length < all.length ? through(missing) : known;
    return json({ stream, through: last, missing });
  }
}

export function json(value: unknown): RawAnswer {
  return { status: 200, body: JSON.stringify(value) };
}
