import type { ArrivedEvent } from './event.ts';

/** How much of a partition may be read before it is committed. */
export interface MostAhead {
  readonly events: number;
  /** Of their bodies. */
  readonly bytes: number;
}

/**
 * Lets each partition be read ahead of its commits: while a batch is committed, the next ones are read and wait their
 * turn, so that neither the database nor the reader stands still for the other. One batch may always wait beside the
 * one that is committed, more of them only within `most`.
 *
 * A commit that fails is told to whoever brings the next batch or looks in without one. The batches behind it cannot
 * slip through: they do not follow on the checkpoint, and the fence refuses them.
 */
export class Handover {
  readonly #most: MostAhead;
  readonly #lanes = new Map<string, Lane>();

  constructor(most: MostAhead) {
    this.#most = most;
  }

  /** A reader starts on the partition; what became of a former one's batches is not its concern. */
  start(partitionId: string): void {
    this.#lanes.delete(partitionId);
  }

  /**
   * Passes a batch on by `commit`, and resolves when the next one may be read.
   *
   * @throws what the commit of one before came to
   */
  async pass(partitionId: string, events: readonly ArrivedEvent[], commit: () => Promise<void>): Promise<void> {
    const lane = this.#lanes.get(partitionId) ?? new Lane();
    this.#lanes.set(partitionId, lane);
    lane.throwIfFailed();
    lane.add(events, commit());
    await lane.until(() => lane.hasRoom(this.#most));
  }

  /** Resolves when all that was passed on is committed. @throws what its commit came to */
  async settled(partitionId: string): Promise<void> {
    const lane = this.#lanes.get(partitionId);
    await lane?.until(() => lane.isEmpty);
  }
}

/** What one reader has passed on of a partition and is not committed. */
class Lane {
  #batches = 0;
  #events = 0;
  #bytes = 0;
  #failure: { readonly error: unknown } | undefined;
  /** Those who wait for a commit to end; the reader is one, and at times whoever looks in. */
  #waiting: (() => void)[] = [];

  add(events: readonly ArrivedEvent[], commit: Promise<void>): void {
    const bytes = events.reduce((sum, { body }) => sum + body.byteLength, 0);
    this.#batches++;
    this.#events += events.length;
    this.#bytes += bytes;
    commit
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .then(() => {
        this.#batches--;
        this.#events -= events.length;
        this.#bytes -= bytes;
        for (const wake of this.#waiting.splice(0)) wake();
      });
  }

  get isEmpty(): boolean {
    return this.#batches === 0;
  }

  hasRoom({ events, bytes }: MostAhead): boolean {
    return this.#batches < 2 || (this.#events < events && this.#bytes < bytes);
  }

  throwIfFailed(): void {
    if (this.#failure) throw this.#failure.error;
  }

  /** Waits until `isSo`, or until a commit has failed. @throws what it came to */
  async until(isSo: () => boolean): Promise<void> {
    this.throwIfFailed();
    while (!isSo()) {
      await new Promise<void>((wake) => this.#waiting.push(wake));
      this.throwIfFailed();
    }
  }
}
