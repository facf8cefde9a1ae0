import { randomUUID } from 'node:crypto';
import type { Checkpoint, CheckpointStore, PartitionOwnership } from '@azure/event-hubs';
import type { Clock } from '@tashika/shared/time';
import type { Queryable } from '../store/index.ts';
import type { HubAddress } from './partition.ts';

/**
 * Partition ownership and checkpoints for the SDK's load balancing, kept in the `partition` rows that the commits
 * fence by. The namespace that the SDK hands over is passed over: it has no port, so two stand-ins on one machine
 * would share their rows.
 */
export class StoredCheckpoints implements CheckpointStore {
  readonly #store: Queryable;
  readonly #hub: HubAddress;
  readonly #clock: Clock;

  constructor(store: Queryable, hub: HubAddress, clock: Clock) {
    this.#store = store;
    this.#hub = hub;
    this.#clock = clock;
  }

  async listOwnership(fullyQualifiedNamespace: string): Promise<PartitionOwnership[]> {
    const rows = await this.#store.query<{ partition_id: string; owner_id: string; etag: string; age: number | null }>(
      `SELECT partition_id, owner_id, etag, extract(epoch FROM clock_timestamp() - owned_at) * 1000 AS age
         FROM partition WHERE namespace = $1 AND hub = $2 AND consumer_group = $3`,
      this.#key(),
    );
    return rows.map(({ partition_id: partitionId, owner_id: ownerId, etag, age }) => ({
      fullyQualifiedNamespace,
      eventHubName: this.#hub.hub,
      consumerGroup: this.#hub.consumerGroup,
      partitionId,
      ownerId,
      etag,
      // The SDK holds it against this machine's clock. The age is by the database's, which all workers share.
      ...(age !== null && { lastModifiedTimeInMs: this.#clock.now() - age }),
    }));
  }

  /** Takes the partitions that nobody has taken since their ownership was listed; answers those taken. */
  async claimOwnership(requests: PartitionOwnership[]): Promise<PartitionOwnership[]> {
    const claimed: PartitionOwnership[] = [];
    for (const request of requests) {
      const etag = randomUUID();
      const rows = await this.#store.query(
        `INSERT INTO partition AS known (namespace, hub, consumer_group, partition_id, owner_id, etag, owned_at)
         VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp())
         ON CONFLICT (namespace, hub, consumer_group, partition_id) DO UPDATE
           SET owner_id = excluded.owner_id, etag = excluded.etag, owned_at = excluded.owned_at
           WHERE known.etag = $7
         RETURNING partition_id`,
        [...this.#key(), request.partitionId, request.ownerId, etag, request.etag ?? ''],
      );
      if (rows.length > 0) claimed.push({ ...request, etag, lastModifiedTimeInMs: this.#clock.now() });
    }
    return claimed;
  }

  async listCheckpoints(fullyQualifiedNamespace: string): Promise<Checkpoint[]> {
    const rows = await this.#store.query<{ partition_id: string; sequence_number: number; offset: string }>(
      `SELECT partition_id, sequence_number, "offset"
         FROM partition
        WHERE namespace = $1 AND hub = $2 AND consumer_group = $3 AND sequence_number IS NOT NULL`,
      this.#key(),
    );
    return rows.map(({ partition_id: partitionId, sequence_number: sequenceNumber, offset }) => ({
      fullyQualifiedNamespace,
      eventHubName: this.#hub.hub,
      consumerGroup: this.#hub.consumerGroup,
      partitionId,
      sequenceNumber,
      offset,
    }));
  }

  /** Part of the SDK's interface, and empty: a commit moves the checkpoint together with what it counted. */
  async updateCheckpoint(): Promise<void> {}

  /**
   * Gives partitions back at once instead of letting the ownership expire. What `ownerId` still has in hand is
   * fenced off from here on.
   *
   * @param partitionId one partition; without it, all that it owns
   */
  async release(ownerId: string, partitionId?: string): Promise<void> {
    await this.#store.query(
      // Locked in the order of a commit, which an update by itself does not keep to.
      `WITH owned AS (
         SELECT partition_id FROM partition
          WHERE namespace = $1 AND hub = $2 AND consumer_group = $3 AND owner_id = $4
            AND ($6::text IS NULL OR partition_id = $6)
          ORDER BY partition_id FOR UPDATE)
       UPDATE partition SET owner_id = '', etag = $5
         FROM owned
        WHERE namespace = $1 AND hub = $2 AND consumer_group = $3 AND partition.partition_id = owned.partition_id
          AND owner_id = $4`,
      [...this.#key(), ownerId, randomUUID(), partitionId ?? null],
    );
  }

  /** Gives back what owners of a former life hold; right only where no other process can be alive. */
  async releaseAll(): Promise<void> {
    await this.#store.query(
      `UPDATE partition SET owner_id = '', etag = $4 WHERE namespace = $1 AND hub = $2 AND consumer_group = $3`,
      [...this.#key(), randomUUID()],
    );
  }

  #key(): [string, string, string] {
    return [this.#hub.namespace, this.#hub.hub, this.#hub.consumerGroup];
  }
}
