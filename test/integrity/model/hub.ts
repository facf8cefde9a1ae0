import type { ArrivedEvent } from '@tashika/cloud/ingest';
import type { Timestamp } from '@tashika/shared/time';

/** What an event means, in plain terms, so that the model need not decode anything. */
export type Meaning =
  | {
      readonly is: 'post';
      readonly imsi: string;
      readonly region: string;
      readonly stream: string;
      readonly seq: number;
      readonly readings: readonly { readonly time: Timestamp; readonly value: number }[];
      readonly held: number;
      readonly lost: readonly (readonly [number, number])[];
      /** Funnel's timestamp; null where the event does not tell it, and its arrival stands for it. */
      readonly sentAt: Timestamp | null;
      /** Whether the database will refuse what it adds. */
      readonly unstorable: boolean;
    }
  | { readonly is: 'talk'; readonly imsi: string; readonly region: string; readonly sentAt: Timestamp }
  | { readonly is: 'poison'; readonly reason: string };

export interface HubEvent extends ArrivedEvent {
  readonly partitionId: string;
  readonly meaning: Meaning;
}

/** Partitions in memory: events with their numbers and arrival, of which the oldest may be let go. */
export class MemoryHub {
  readonly #events = new Map<string, HubEvent[]>();
  readonly #begins = new Map<string, number>();

  constructor(partitionIds: readonly string[]) {
    for (const id of partitionIds) {
      this.#events.set(id, []);
      this.#begins.set(id, 0);
    }
  }

  /** Everything that ever arrived, whether or not the hub still has it. */
  get all(): readonly HubEvent[] {
    return [...this.#events.values()].flat();
  }

  take(partitionId: string, body: string | Uint8Array, meaning: Meaning, enqueuedAt: Timestamp): HubEvent {
    const events = this.#events.get(partitionId)!;
    const sequenceNumber = events.length;
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    const event = { partitionId, sequenceNumber, offset: `@${sequenceNumber}`, enqueuedAt, body: bytes, meaning };
    events.push(event);
    return event;
  }

  /** The next events from `from` on that the hub still has. */
  read(partitionId: string, from: number, atMost: number): readonly HubEvent[] {
    const first = Math.max(from, this.#begins.get(partitionId)!);
    return this.#events.get(partitionId)!.slice(first, first + atMost);
  }

  /** Lets go of the oldest events, as retention does. */
  forget(partitionId: string, count: number): number {
    const begin = Math.min(this.#begins.get(partitionId)! + count, this.#events.get(partitionId)!.length);
    this.#begins.set(partitionId, begin);
    return begin;
  }

  facts(partitionId: string): { isEmpty: boolean; lastEnqueued: number } {
    const { length } = this.#events.get(partitionId)!;
    return { isEmpty: this.#begins.get(partitionId) === length, lastEnqueued: length - 1 };
  }
}
