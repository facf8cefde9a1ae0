/**
 * Lets each partition be one batch ahead of its commit: while a batch is committed, the next one is read and waits its
 * turn, so that neither the database nor the reader stands still for the other.
 *
 * A commit that fails is told to whoever brings the next batch or looks in without one. The batch behind it cannot
 * slip through: it does not follow on the checkpoint, and the fence refuses it.
 */
export class Handover {
  readonly #latest = new Map<string, Promise<void>>();

  /** A reader starts on the partition; what became of a former one's batches is not its concern. */
  start(partitionId: string): void {
    this.#latest.delete(partitionId);
  }

  /**
   * Passes a batch on by `commit`, and resolves when the one before it is committed.
   *
   * @throws what the commit of the one before came to
   */
  async pass(partitionId: string, commit: () => Promise<void>): Promise<void> {
    const before = this.#latest.get(partitionId);
    const committing = commit();
    committing.catch(() => {}); // told with the next one
    this.#latest.set(partitionId, committing);
    await before;
  }

  /** Resolves when all that was passed on is committed. @throws what its commit came to */
  async settled(partitionId: string): Promise<void> {
    await this.#latest.get(partitionId);
  }
}
