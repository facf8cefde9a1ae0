import type { ArrivedEvent } from './event.ts';

/** How many events are read and not committed, or may be. */
export interface Ahead {
  readonly events: number;
  /** Of their bodies. */
  readonly bytes: number;
}

/**
 * Lets each partition be read ahead of its commits: while a batch is committed, the next ones are read and wait their
 * turn, so that neither the database nor the reader stands still for the other. One batch may always wait beside the
 * one that is committed; more of them only while all partitions together are less than `most` ahead.
 *
 * A commit that fails is told to whoever brings the next batch or looks in without one. The batches behind it cannot
 * slip through: they do not follow on the checkpoint, and the fence refuses them.
 */
export class Handover {
  readonly #most: Ahead;
  /** Of all partitions. */
  readonly #ahead = { events: 0, bytes: 0 };
  readonly #lanes = new Map<string, Lane>();

  constructor(most: Ahead) {
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
    const bytes = events.reduce((sum, { body }) => sum + body.byteLength, 0);
    this.#ahead.events += events.length;
    this.#ahead.bytes += bytes;
    lane.add(
      commit().finally(() => {
        this.#ahead.events -= events.length;
        this.#ahead.bytes -= bytes;
      }),
    );
    await lane.until(() => lane.batches < 2 || this.#hasRoom());
  }

  /** Resolves when all that was passed on is committed. @throws what its commit came to */
  async settled(partitionId: string): Promise<void> {
    const lane = this.#lanes.get(partitionId);
    await lane?.until(() => lane.batches === 0);
  }

  #hasRoom(): boolean {
    return this.#ahead.events < this.#most.events && this.#ahead.bytes < this.#most.bytes;
  }
}

/** What one reader has passed on of a partition and is not committed. */
class Lane {
  #batches = 0;
  #failure: { readonly error: unknown } | undefined;
  /** Those who wait for a commit to end; the reader is one, and at times whoever looks in. */
  #waiting: (() => void)[] = [];

  get batches(): number {
    return this.#batches;
  }

  add(commit: Promise<void>): void {
    this.#batches++;
    commit
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .then(() => {
        this.#batches--;
        for (const wake of this.#waiting.splice(0)) wake();
      });
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
