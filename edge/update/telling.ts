import { isTashikaError } from '@tashika/shared/errors';
import type { Duration } from '@tashika/shared/time';
import { waitAskedBy } from './ddi.ts';
import type { KeptState } from './kept-state.ts';
import { newDelays, type UpdaterParts } from './parts.ts';

type Parts = Pick<UpdaterParts, 'client' | 'clock' | 'random' | 'logger'>;

/** What the server is told of an action: in order, and as often as it takes. */
export class Telling {
  readonly #parts: Parts;
  readonly #kept: KeptState;
  #tellAt: Duration = Number.NEGATIVE_INFINITY;
  #tellDelays: Generator<Duration, never>;

  constructor(parts: Parts, kept: KeptState) {
    this.#parts = parts;
    this.#kept = kept;
    this.#tellDelays = newDelays(parts);
  }

  /** When there is more to tell, on the clock of the boot; it never comes where there is nothing. */
  get dueAt(): Duration {
    return this.#kept.state.outbox.length > 0 ? this.#tellAt : Number.POSITIVE_INFINITY;
  }

  /** Tells what is in the outbox, in order, until the server can't be reached. */
  async tell(stop: AbortSignal): Promise<void> {
    const { client, clock, logger } = this.#parts;
    if (clock.monotonic() < this.#tellAt) return;
    for (let [next] = this.#kept.state.outbox; next && !stop.aborted; [next] = this.#kept.state.outbox) {
      try {
        const taken = await client.tell(next, clock.now(), stop);
        if (!taken)
          logger.warn({ action: next.id, execution: next.execution }, 'the server takes no word of this action');
        this.#tellDelays = newDelays(this.#parts);
      } catch (error) {
        if (!isTashikaError(error)) throw error;
        this.#tellAt = clock.monotonic() + Math.max(this.#tellDelays.next().value, waitAskedBy(error));
        logger.debug({ reason: error.message, waiting: this.#kept.state.outbox.length }, 'the server is told later');
        return;
      }
      await this.#kept.apply({ fact: 'told' });
    }
  }
}
