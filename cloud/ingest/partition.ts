import type { Timestamp } from '@tashika/shared/time';
import type { Queryable, Store } from '../store/index.ts';
import { type Tolerances, takeTurn, type Watermark, watermarkWhileIdle } from '../windows/index.ts';

/** The hub whose partitions this pipeline reads, as the store names it. */
export interface HubAddress {
  readonly namespace: string;
  readonly hub: string;
  readonly consumerGroup: string;
}

/** What the store knows about a partition that this transaction has locked. */
export interface LockedPartition {
  readonly partitionId: string;
  readonly ownerId: string;
  /** The checkpoint: the last event committed; null before the first. */
  readonly position: number | null;
  readonly watermark: Watermark;
}

/** What a commit adds to a partition. */
export interface PartitionProgress {
  readonly partitionId: string;
  readonly position: number;
  readonly offset: string;
  readonly lastArrival: Timestamp;
  readonly watermark: Watermark;
  readonly totals: Totals;
}

/** Counts since the store began, or what one commit adds to them. */
export interface Totals {
  events: number;
  /** Fresh ones, counted into windows. */
  readings: number;
  duplicates: number;
  /** Readings counted into a window that was final. */
  late: number;
  /** Readings counted at another time than their own. */
  adjusted: number;
  /** Readings received, and counted in no window. */
  dropped: number;
  deadLetters: number;
  skipped: number;
  /** Events with a reading that arrived after the late tolerance. */
  lateInput: number;
  /** Events with a reading that was too far ahead of its arrival. */
  earlyInput: number;
  /** Events with a reading below the partition's watermark. */
  outOfOrder: number;
  /** Events that could not be decoded, placed or stored. */
  deserializationErrors: number;
}

/** The column of each total. */
const TOTAL_COLUMNS: Readonly<Record<keyof Totals, string>> = {
  events: 'events',
  readings: 'readings',
  duplicates: 'duplicates',
  late: 'late',
  adjusted: 'adjusted',
  dropped: 'dropped',
  deadLetters: 'dead_letters',
  skipped: 'skipped',
  lateInput: 'late_input',
  earlyInput: 'early_input',
  outOfOrder: 'out_of_order',
  deserializationErrors: 'deserialization_errors',
};

const TOTAL_NAMES = Object.keys(TOTAL_COLUMNS) as (keyof Totals)[];

/** Totals of nothing. */
export function noTotals(): Totals {
  return Object.fromEntries(TOTAL_NAMES.map((name) => [name, 0])) as unknown as Totals;
}

/** The sums of all partitions' totals as SQL columns by the names of `Totals`, for a SELECT from `partition`. */
export const SUMMED_TOTALS = TOTAL_NAMES.map((name) => `coalesce(sum(${TOTAL_COLUMNS[name]}), 0) AS "${name}"`).join(
  ', ',
);

/**
 * Locks the partitions in the order of their ids and answers them with the combined watermark, which may have moved
 * on by the time the transaction has its turn.
 */
export async function lockPartitions(
  transaction: Queryable,
  hub: HubAddress,
  partitionIds: readonly string[],
): Promise<{ partitions: Map<string, LockedPartition>; combined: Watermark }> {
  const rows = await transaction.query<{
    partition_id: string;
    owner_id: string;
    sequence_number: number | null;
    watermark: Date | null;
    combined: Date | null;
  }>(
    `SELECT partition_id, owner_id, sequence_number, partition.watermark,
            (SELECT watermark.watermark FROM watermark) AS combined
       FROM partition
      WHERE namespace = $1 AND hub = $2 AND consumer_group = $3 AND partition_id = ANY ($4::text[])
      ORDER BY partition_id
        FOR UPDATE OF partition`,
    [hub.namespace, hub.hub, hub.consumerGroup, partitionIds],
  );
  const partitions = new Map<string, LockedPartition>();
  for (const row of rows)
    partitions.set(row.partition_id, {
      partitionId: row.partition_id,
      ownerId: row.owner_id,
      position: row.sequence_number,
      watermark: row.watermark?.getTime() ?? null,
    });
  return { partitions, combined: rows[0]?.combined?.getTime() ?? null };
}

/** Moves checkpoint, watermark and totals of partitions that this transaction has locked. */
export async function savePartitions(
  transaction: Queryable,
  hub: HubAddress,
  progress: readonly PartitionProgress[],
  now: Timestamp,
): Promise<void> {
  await transaction.query(SAVE_PARTITIONS, [
    hub.namespace,
    hub.hub,
    hub.consumerGroup,
    new Date(now),
    progress.map((each) => each.partitionId),
    progress.map((each) => each.position),
    progress.map((each) => each.offset),
    progress.map((each) => new Date(each.lastArrival).toISOString()),
    progress.map((each) => (each.watermark === null ? null : new Date(each.watermark).toISOString())),
    ...TOTAL_NAMES.map((name) => progress.map((each) => each.totals[name])),
  ]);
}

const COLUMNS = TOTAL_NAMES.map((name) => TOTAL_COLUMNS[name]);
const FIRST_TOTAL = 10;
const SAVE_PARTITIONS = `
  UPDATE partition
     SET sequence_number = moved.position, "offset" = moved.position_offset, last_arrival = moved.last_arrival,
         watermark = moved.watermark, progressed_at = $4,
         ${COLUMNS.map((column) => `${column} = partition.${column} + moved.${column}`).join(', ')}
    FROM unnest($5::text[], $6::int8[], $7::text[], $8::timestamptz[], $9::timestamptz[],
                ${COLUMNS.map((_, index) => `$${FIRST_TOTAL + index}::int8[]`).join(', ')})
      AS moved (partition_id, position, position_offset, last_arrival, watermark, ${COLUMNS.join(', ')})
   WHERE namespace = $1 AND hub = $2 AND consumer_group = $3 AND partition.partition_id = moved.partition_id`;

/** A partition of which the hub has nothing that was not committed. */
export interface IdlePartition {
  readonly partitionId: string;
  readonly ownerId: string;
  /** The checkpoint that was compared with the hub. */
  readonly position: number | null;
  /** When the hub was asked, on the hub's clock; -Infinity where that is not known, and the watermark stays. */
  readonly arrivedUntil: Timestamp;
}

/**
 * Moves the watermark of idle partitions, in a transaction of its own. One that has been committed to, or changed its owner, since the hub was
 * asked stays as it is.
 */
export async function tickIdle(
  store: Store,
  hub: HubAddress,
  idle: readonly IdlePartition[],
  tolerances: Tolerances,
  now: Timestamp,
): Promise<void> {
  if (idle.length === 0) return;
  await store.transaction(async (transaction) => {
    // In the order of a commit, which holds its partitions when it takes its turn.
    await lockPartitions(
      transaction,
      hub,
      idle.map((each) => each.partitionId),
    );
    await takeTurn(transaction);
    await moveIdle(transaction, hub, idle, tolerances, now);
  });
}

async function moveIdle(
  transaction: Queryable,
  hub: HubAddress,
  idle: readonly IdlePartition[],
  tolerances: Tolerances,
  now: Timestamp,
): Promise<void> {
  await transaction.query(
    `UPDATE partition
        SET watermark = greatest(partition.watermark, seen.watermark), progressed_at = $4
       FROM unnest($5::text[], $6::text[], $7::int8[], $8::timestamptz[])
         AS seen (partition_id, owner_id, position, watermark)
      WHERE namespace = $1 AND hub = $2 AND consumer_group = $3 AND partition.partition_id = seen.partition_id
        AND partition.owner_id = seen.owner_id AND sequence_number IS NOT DISTINCT FROM seen.position`,
    [
      hub.namespace,
      hub.hub,
      hub.consumerGroup,
      new Date(now),
      idle.map((each) => each.partitionId),
      idle.map((each) => each.ownerId),
      idle.map((each) => each.position),
      idle.map(({ arrivedUntil }) =>
        arrivedUntil === Number.NEGATIVE_INFINITY
          ? null
          : new Date(watermarkWhileIdle(null, arrivedUntil, tolerances)).toISOString(),
      ),
    ],
  );
}

/** A partition as the store has it. */
export interface PartitionPosition {
  readonly partitionId: string;
  readonly ownerId: string;
  /** The checkpoint: the last event committed; null before the first. */
  readonly position: number | null;
  /** When the hub took that event. */
  readonly lastArrival: Timestamp | null;
}

/** The checkpoint of every partition, and who owns it. */
export async function partitionPositions(store: Queryable, hub: HubAddress): Promise<PartitionPosition[]> {
  const rows = await store.query<{
    partition_id: string;
    owner_id: string;
    sequence_number: number | null;
    last_arrival: Date | null;
  }>(
    `SELECT partition_id, owner_id, sequence_number, last_arrival
       FROM partition WHERE namespace = $1 AND hub = $2 AND consumer_group = $3 ORDER BY partition_id`,
    [hub.namespace, hub.hub, hub.consumerGroup],
  );
  return rows.map((row) => ({
    partitionId: row.partition_id,
    ownerId: row.owner_id,
    position: row.sequence_number,
    lastArrival: row.last_arrival?.getTime() ?? null,
  }));
}
