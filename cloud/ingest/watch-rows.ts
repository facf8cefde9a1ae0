import type { Fingerprint } from '@tashika/shared/fingerprint';
import type { Timestamp } from '@tashika/shared/time';
import type { Queryable } from '../store/index.ts';
import type { HubAddress } from './partition.ts';
import type { PartitionStanding } from './watch.ts';

/** Why a worker's hub does not answer, and since when. */
export interface HubTrouble {
  readonly code: string;
  readonly message: string;
  readonly since: Timestamp;
}

/** A worker that has not been heard of for this long is gone. */
const FORGOTTEN_AFTER = "interval '1 hour'";

/**
 * Writes what a worker has just seen of its partitions, for every process to read. When a partition last progressed
 * is kept here, and not in the worker, so that it outlives readers and workers. All times are the database's, which
 * all processes share.
 */
export async function saveStandings(
  store: Queryable,
  hub: HubAddress,
  standings: readonly PartitionStanding[],
): Promise<void> {
  if (standings.length === 0) return;
  await store.query(
    `INSERT INTO partition_watch AS known
            (namespace, hub, consumer_group, partition_id, sequence_number, last_enqueued, backlog, since, looked_at)
     SELECT $1, $2, $3, partition_id, position, last_enqueued, backlog, clock_timestamp(), clock_timestamp()
       FROM unnest($4::text[], $5::int8[], $6::int8[], $7::int8[]) AS seen (partition_id, position, last_enqueued, backlog)
      ORDER BY partition_id
     ON CONFLICT (namespace, hub, consumer_group, partition_id) DO UPDATE
       SET sequence_number = excluded.sequence_number, last_enqueued = excluded.last_enqueued,
           backlog = excluded.backlog, looked_at = excluded.looked_at,
           since = CASE WHEN known.sequence_number IS NOT DISTINCT FROM excluded.sequence_number
                         AND (excluded.backlog > 0 OR excluded.last_enqueued < excluded.sequence_number)
                        THEN known.since ELSE excluded.since END`,
    [
      hub.namespace,
      hub.hub,
      hub.consumerGroup,
      standings.map((each) => each.partitionId),
      standings.map((each) => each.position),
      standings.map((each) => each.lastEnqueued),
      standings.map((each) => each.backlog),
    ],
  );
}

/**
 * Writes that a worker has looked at the hub, what keeps it from it, and which key it reads with.
 *
 * @param hubKey the key's fingerprint; null where there is none to tell of
 */
export async function saveWorker(
  store: Queryable,
  workerId: string,
  trouble: HubTrouble | null,
  hubKey: Fingerprint | null = null,
): Promise<void> {
  await store.query(
    `INSERT INTO worker (worker_id, looked_at, trouble_code, trouble, trouble_since, hub_key)
     VALUES ($1, clock_timestamp(), $2, $3, $4, $5)
     ON CONFLICT (worker_id) DO UPDATE
       SET looked_at = excluded.looked_at, trouble_code = excluded.trouble_code, trouble = excluded.trouble,
           trouble_since = excluded.trouble_since, hub_key = excluded.hub_key`,
    [workerId, trouble?.code ?? null, trouble?.message ?? null, trouble && new Date(trouble.since), hubKey],
  );
}

/** Forgets a worker that ends, and those that were killed long ago. */
export async function removeWorker(store: Queryable, workerId: string): Promise<void> {
  await store.query(`DELETE FROM worker WHERE worker_id = $1 OR looked_at < clock_timestamp() - ${FORGOTTEN_AFTER}`, [
    workerId,
  ]);
}

/** A partition as the store knows it, with what a worker last saw of it. */
export interface WatchedPartition {
  readonly hub: string;
  readonly consumerGroup: string;
  readonly partitionId: string;
  /** When a worker last committed an event of it, or saw that there was none. */
  readonly progressedAt: Timestamp | null;
  readonly watermark: Timestamp | null;
  /** The checkpoint when it was last looked at; null before the first event. */
  readonly position: number | null;
  /** The hub's last event at that time; null where it had none. */
  readonly lastEnqueued: number | null;
  /** Events that the hub had and the store had not. */
  readonly backlog: number;
  /** When the checkpoint last moved, or there was nothing to commit. */
  readonly since: Timestamp | null;
  /** When a worker last looked at it; null before the first time. */
  readonly lookedAt: Timestamp | null;
}

/** Why the hub does not answer, by the worker that has been told so for the longest time. */
export interface Watched {
  /** The database's clock, which all times here are by. */
  readonly now: Timestamp;
  readonly partitions: readonly WatchedPartition[];
  readonly trouble: HubTrouble | null;
}

/** A worker that has not looked for this long tells nothing of the hub any more. */
const HEARD_WITHIN = "interval '15 seconds'";

/** Every partition that the store knows, and what its workers see of the hub. */
export async function readWatched(store: Queryable): Promise<Watched> {
  const rows = await store.query<{
    hub: string;
    consumer_group: string;
    partition_id: string;
    progressed_at: Date | null;
    watermark: Date | null;
    sequence_number: number | null;
    last_enqueued: number | null;
    backlog: number | null;
    since: Date | null;
    looked_at: Date | null;
  }>(
    `SELECT hub, consumer_group, partition_id, progressed_at, watermark,
            watch.sequence_number, last_enqueued, backlog, since, looked_at
       FROM partition LEFT JOIN partition_watch AS watch USING (namespace, hub, consumer_group, partition_id)
      ORDER BY namespace, hub, consumer_group, length(partition_id), partition_id`,
  );
  const [state] = await store.query<{
    now: Date;
    code: string | null;
    message: string | null;
    since: Date | null;
  }>(
    `SELECT clock_timestamp() AS now, trouble_code AS code, trouble AS message, trouble_since AS since
       FROM (SELECT) AS always
            LEFT JOIN (SELECT * FROM worker
                        WHERE trouble_code IS NOT NULL AND looked_at > clock_timestamp() - ${HEARD_WITHIN}
                        ORDER BY trouble_since LIMIT 1) AS troubled ON true`,
  );
  const { now, code, message, since } = state!;
  return {
    now: now.getTime(),
    partitions: rows.map((row) => ({
      hub: row.hub,
      consumerGroup: row.consumer_group,
      partitionId: row.partition_id,
      progressedAt: row.progressed_at?.getTime() ?? null,
      watermark: row.watermark?.getTime() ?? null,
      position: row.sequence_number,
      lastEnqueued: row.last_enqueued,
      backlog: row.backlog ?? 0,
      since: row.since?.getTime() ?? null,
      lookedAt: row.looked_at?.getTime() ?? null,
    })),
    trouble: code === null ? null : { code, message: message!, since: since!.getTime() },
  };
}

/** A worker that runs, as it told last. */
export interface RunningWorker {
  readonly workerId: string;
  readonly lookedAt: Timestamp;
  /** The fingerprint of the key that it reads the hub with; null where it does not say. */
  readonly hubKey: Fingerprint | null;
  readonly trouble: HubTrouble | null;
}

/** The workers that have looked at the hub lately, in the order of their ids. */
export async function readWorkers(store: Queryable): Promise<readonly RunningWorker[]> {
  const rows = await store.query<{
    worker_id: string;
    looked_at: Date;
    hub_key: string | null;
    trouble_code: string | null;
    trouble: string | null;
    trouble_since: Date | null;
  }>(
    `SELECT worker_id, looked_at, hub_key, trouble_code, trouble, trouble_since
       FROM worker WHERE looked_at > clock_timestamp() - ${HEARD_WITHIN}
      ORDER BY worker_id`,
  );
  return rows.map((row) => ({
    workerId: row.worker_id,
    lookedAt: row.looked_at.getTime(),
    hubKey: row.hub_key,
    trouble:
      row.trouble_code === null
        ? null
        : { code: row.trouble_code, message: row.trouble!, since: row.trouble_since!.getTime() },
  }));
}
