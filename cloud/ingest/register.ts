import { TashikaError } from '@tashika/shared/errors';
import type { Queryable, Store } from '../store/index.ts';
import { takeTurn, type Watermark, type WindowPolicy } from '../windows/index.ts';
import type { HubFacts } from './hub.ts';
import type { HubAddress } from './partition.ts';
import { agreeOnWindows } from './windowing.ts';

interface KnownPartition {
  readonly namespace: string;
  readonly hub: string;
  readonly consumer_group: string;
  readonly partition_id: string;
  readonly hub_created_at: Date;
}

/** What a partition's row holds until its hub has been asked. */
const NOT_ASKED = 0;

/**
 * Makes a row for every partition of the hub, so that the combined watermark waits for those not read yet, and notes
 * how windows are counted. Partitions that a hub gains later open no window that is final by then.
 *
 * @throws TashikaError HUB_REPLACED if the store has positions in a hub that was made at another time: events of the
 *   new one with the same numbers would pass for committed ones
 * @throws TashikaError STORE_OF_ANOTHER_HUB if the store has partitions that nobody reads under this configuration:
 *   their watermarks would hold all windows open for good
 * @throws TashikaError STORE_OF_OTHER_WINDOWS if the store's windows are counted another way
 */
export function registerPartitions(
  store: Store,
  hub: HubAddress,
  facts: HubFacts,
  policy: WindowPolicy,
): Promise<void> {
  return store.transaction(async (transaction) => {
    const combined = await takeTurn(transaction); // two workers that start on one store with different hubs must not both succeed
    const known = await transaction.query<KnownPartition>(
      `SELECT namespace, hub, consumer_group, partition_id, hub_created_at
         FROM partition ORDER BY namespace, hub, consumer_group, partition_id`,
    );
    refuseReplaced(known, hub, facts);
    refuseForeign(known, hub, facts);
    await agreeOnWindows(transaction, policy);
    await insert(transaction, hub, facts, policy.watermarkOnJoining(combined));
  });
}

function refuseReplaced(known: readonly KnownPartition[], hub: HubAddress, { createdAt }: HubFacts): void {
  const former = known.find((row) => {
    const knownAt = row.hub_created_at.getTime();
    return isOf(row, hub) && knownAt !== NOT_ASKED && knownAt !== createdAt;
  });
  if (!former) return;
  const [then, now] = [former.hub_created_at, new Date(createdAt)].map((date) => date.toISOString());
  throw new TashikaError(
    'HUB_REPLACED',
    `the store has read the hub ${hub.hub} of ${hub.namespace} that was made at ${then}; this one was made at ${now}`,
  );
}

function refuseForeign(known: readonly KnownPartition[], hub: HubAddress, { partitionIds }: HubFacts): void {
  const foreign = known.find((row) => !isOf(row, hub) || !partitionIds.includes(row.partition_id));
  if (!foreign) return;
  throw new TashikaError(
    'STORE_OF_ANOTHER_HUB',
    `the store has read ${nameOf(foreign)}, partition ${foreign.partition_id}, which is not one of ${nameOf({ ...hub, consumer_group: hub.consumerGroup })}`,
  );
}

function isOf(row: KnownPartition, { namespace, hub, consumerGroup }: HubAddress): boolean {
  return row.namespace === namespace && row.hub === hub && row.consumer_group === consumerGroup;
}

function nameOf(row: Pick<KnownPartition, 'namespace' | 'hub' | 'consumer_group'>): string {
  return `the hub ${row.hub} of ${row.namespace} by consumer group ${row.consumer_group}`;
}

async function insert(
  transaction: Queryable,
  hub: HubAddress,
  { createdAt, partitionIds }: HubFacts,
  watermark: Watermark,
): Promise<void> {
  await transaction.query(
    `INSERT INTO partition (namespace, hub, consumer_group, partition_id, hub_created_at, watermark)
     SELECT $1, $2, $3, id, $5, $6 FROM unnest($4::text[]) AS id ORDER BY id
     ON CONFLICT DO NOTHING`,
    [
      hub.namespace,
      hub.hub,
      hub.consumerGroup,
      partitionIds,
      new Date(createdAt),
      watermark === null ? null : new Date(watermark),
    ],
  );
  // Of its own, and not the insert's DO UPDATE: that would lock the rows of all partitions after the turn, against the
  // order of a commit, even where there is nothing to change.
  await transaction.query(
    `UPDATE partition SET hub_created_at = $4
      WHERE namespace = $1 AND hub = $2 AND consumer_group = $3 AND hub_created_at <> $4`,
    [hub.namespace, hub.hub, hub.consumerGroup, new Date(createdAt)],
  );
  await transaction.query(
    `INSERT INTO partition_watch (namespace, hub, consumer_group, partition_id, since)
     SELECT $1, $2, $3, id, clock_timestamp() FROM unnest($4::text[]) AS id ORDER BY id
     ON CONFLICT DO NOTHING`,
    [hub.namespace, hub.hub, hub.consumerGroup, partitionIds],
  );
}
