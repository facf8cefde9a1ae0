import { gaps, normalise, type SequenceRange, type SequenceRanges, union } from '@tashika/shared/sequence';
import type { Batch } from '../batch.ts';
import type { Spool } from '../spool.ts';

/** Takes everything at once, however large. */
export const EVERYTHING = { bytes: Number.POSITIVE_INFINITY, sizeOf: () => 1, together: () => true };

/** What the cloud would know: per stream, which numbers came with which value, and which were told as lost. */
export class Receiver {
  readonly values = new Map<string, Map<number, unknown>>();
  readonly lost = new Map<string, SequenceRanges>();
  /** Numbers that came twice with different values: the one thing that must never be. */
  readonly contradictions: string[] = [];

  /** One that knows the same, and learns by itself from here on. */
  copy(): Receiver {
    const copy = new Receiver();
    for (const [stream, values] of this.values) copy.values.set(stream, new Map(values));
    for (const [stream, lost] of this.lost) copy.lost.set(stream, lost);
    copy.contradictions.push(...this.contradictions);
    return copy;
  }

  take(batch: Batch): void {
    const values = this.values.get(batch.stream) ?? new Map<number, unknown>();
    this.values.set(batch.stream, values);
    batch.readings.forEach(({ sequence, value }, index) => {
      if (sequence !== batch.first + index) this.contradictions.push(`${batch.stream} ${sequence} is out of order`);
      if (values.has(sequence) && values.get(sequence) !== value)
        this.contradictions.push(`${batch.stream} ${sequence}: ${values.get(sequence)} and ${value}`);
      values.set(sequence, value);
    });
    this.lost.set(batch.stream, union(this.lost.get(batch.stream) ?? [], normalise(batch.lost)));
  }

  /** Reads the spool until it is empty. */
  async drain(spool: Spool, limit = EVERYTHING): Promise<void> {
    for (let batch = await spool.read(limit); batch; batch = await spool.read(limit)) {
      this.take(batch);
      await spool.acknowledge(batch);
    }
  }

  /** Answers with receipts until the spool has nothing more to confirm, and takes what it sends again. */
  async settle(spool: Spool): Promise<void> {
    await this.drain(spool);
    for (let [next] = spool.unconfirmed; next; [next] = spool.unconfirmed) {
      const { stream, through } = next;
      await spool.confirm({ stream, through, missing: this.missing(stream, through) });
      await this.drain(spool);
    }
  }

  has(value: unknown): boolean {
    return [...this.values.values()].some((values) => [...values.values()].includes(value));
  }

  /** Numbers of a stream that neither came nor were told as lost, up to the highest that did, or `upTo`. */
  missing(stream: string, upTo = 0): SequenceRanges {
    const numbers = [...(this.values.get(stream)?.keys() ?? [])];
    const known = union(
      normalise(numbers.map((number): SequenceRange => [number, number])),
      this.lost.get(stream) ?? [],
    );
    return gaps(known, Math.max(upTo, ...known.map(([, last]) => last)));
  }
}
