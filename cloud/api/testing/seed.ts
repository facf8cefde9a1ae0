import { parseMultirange } from '@tashika/shared/sequence';
import { figuresOf, newEntry } from '../../ledger/index.ts';
import type { Queryable } from '../../store/index.ts';

/** Rows written as the worker would, for tests of what reads them. */

export interface WindowSeed {
  readonly windowEnd: string;
  readonly region?: string;
  readonly readings?: number;
  readonly events?: number;
  readonly late?: number;
  readonly revision?: number;
}

/** One commit: the windows, the next change id, and its notification. Answers the id. */
export async function commitWindows(store: Queryable, ...windows: readonly WindowSeed[]): Promise<number> {
  const [cursor] = await store.query<{ id: number }>('UPDATE change_cursor SET id = id + 1 RETURNING id');
  for (const { windowEnd, region = '13', readings = 1, events = 1, late = 0, revision = 0 } of windows)
    await store.query(
      `INSERT INTO window_region (window_end, region, readings, events, late, revision, change_id)
       VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT (window_end, region) DO UPDATE SET
         readings = excluded.readings, events = excluded.events, late = excluded.late,
         revision = excluded.revision, change_id = excluded.change_id`,
      [windowEnd, region, readings, events, late, revision, cursor!.id],
    );
  await store.query("SELECT pg_notify('tashika_change', $1)", [String(cursor!.id)]);
  return cursor!.id;
}

export interface PartitionSeed {
  readonly partition?: string;
  readonly watermark?: string | null;
  readonly progressedAt?: string | null;
  readonly events?: number;
  readonly readings?: number;
  readonly duplicates?: number;
  readonly late?: number;
}

export async function setPartition(store: Queryable, seed: PartitionSeed): Promise<void> {
  const { partition = '0', watermark = null, progressedAt = null } = seed;
  const { events = 0, readings = 0, duplicates = 0, late = 0 } = seed;
  await store.query(
    `INSERT INTO partition (namespace, hub, consumer_group, partition_id, watermark, progressed_at,
                            events, readings, duplicates, late)
     VALUES ('localhost', 'telemetry', '$Default', $1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (namespace, hub, consumer_group, partition_id) DO UPDATE SET
       watermark = excluded.watermark, progressed_at = excluded.progressed_at, events = excluded.events,
       readings = excluded.readings, duplicates = excluded.duplicates, late = excluded.late`,
    [partition, watermark, progressedAt, events, readings, duplicates, late],
  );
}

export interface WatchSeed {
  readonly partition?: string;
  readonly position?: number | null;
  readonly lastEnqueued?: number | null;
  readonly backlog?: number;
  /** How long ago, in seconds. */
  readonly since?: number;
  /** How long ago, in seconds; null for never. */
  readonly lookedAt?: number | null;
}

/** What a worker saw of a partition; answers the time of `since`. */
export async function setWatch(store: Queryable, seed: WatchSeed): Promise<string> {
  const { partition = '0', position = null, lastEnqueued = null, backlog = 0, since = 0, lookedAt = 0 } = seed;
  const [row] = await store.query<{ since: Date }>(
    `INSERT INTO partition_watch (namespace, hub, consumer_group, partition_id, sequence_number, last_enqueued, backlog,
                                  since, looked_at)
     VALUES ('localhost', 'telemetry', '$Default', $1, $2, $3, $4,
             date_trunc('ms', clock_timestamp()) - $5 * interval '1 s', clock_timestamp() - $6 * interval '1 s')
     ON CONFLICT (namespace, hub, consumer_group, partition_id) DO UPDATE
       SET sequence_number = excluded.sequence_number, last_enqueued = excluded.last_enqueued,
           backlog = excluded.backlog, since = excluded.since, looked_at = excluded.looked_at
     RETURNING since`,
    [partition, position, lastEnqueued, backlog, since, lookedAt],
  );
  return row!.since.toISOString();
}

export interface TroubleSeed {
  readonly code: string;
  readonly message: string;
  /** Unix milliseconds. */
  readonly since: number;
  /** How long ago the worker was heard of, in seconds. */
  readonly lookedAt?: number;
}

/** A worker that the hub does not answer. */
export async function setTrouble(store: Queryable, { code, message, since, lookedAt = 0 }: TroubleSeed): Promise<void> {
  await store.query(
    `INSERT INTO worker (worker_id, looked_at, trouble_code, trouble, trouble_since)
     VALUES ('w', clock_timestamp() - $4 * interval '1 s', $1, $2, $3)
     ON CONFLICT (worker_id) DO UPDATE SET looked_at = excluded.looked_at`,
    [code, message, new Date(since), lookedAt],
  );
}

export interface DeviceSeed {
  readonly imsi: string;
  readonly region?: string;
  readonly lastSeen: string;
  readonly lastValues?: object;
  readonly posts?: number;
}

export async function addDevice(store: Queryable, seed: DeviceSeed): Promise<void> {
  const { imsi, region = '13', lastSeen, lastValues = {}, posts = 1 } = seed;
  await store.query(
    `INSERT INTO device (imsi, imei, region, last_seen, last_values, clock, posts)
     VALUES ($1, '860000000000001', $2, $3, $4::jsonb, 'synced', $5)`,
    [imsi, region, lastSeen, JSON.stringify(lastValues), posts],
  );
}

export interface LedgerSeed {
  readonly imsi: string;
  readonly stream: string;
  readonly received: string;
  readonly lost?: string;
  readonly held?: number;
}

export async function addLedger(store: Queryable, seed: LedgerSeed): Promise<void> {
  const { lost = '{}' } = seed;
  const entry = newEntry(seed.imsi, seed.stream);
  const figures = figuresOf({ ...entry, received: parseMultirange(seed.received), lost: parseMultirange(lost) });
  await store.query(
    `INSERT INTO ledger (imsi, stream, received, lost, through, received_count, missing_count, lost_count,
                         held, held_at, updated_at)
     VALUES ($1, $2, $3::int8multirange, $4::int8multirange, $5, $6, $7, $8, $9, now(), now())`,
    [
      ...[seed.imsi, seed.stream, seed.received, lost],
      ...[figures.through, figures.received, figures.missing, figures.lost, seed.held ?? 0],
    ],
  );
}

export interface DeadLetterSeed {
  readonly reason?: string;
  readonly body?: Uint8Array;
  readonly sequenceNumber: number;
  readonly redriven?: boolean;
}

/** Answers its id. */
export async function addDeadLetter(store: Queryable, seed: DeadLetterSeed): Promise<string> {
  const [row] = await store.query<{ id: number }>(
    `INSERT INTO dead_letter (reason, detail, received_at, imsi, namespace, hub, partition_id, sequence_number,
                              body, redriven_at)
     VALUES ($1, 'the body is no JSON', '2026-01-01T00:00:01Z', '295000000000007', 'localhost', 'telemetry', '2',
             $2, $3, $4) RETURNING id`,
    [
      seed.reason ?? 'invalid-json',
      seed.sequenceNumber,
      seed.body ?? Buffer.from('{"pref":'),
      seed.redriven ? '2026-01-01T00:01:00Z' : null,
    ],
  );
  return String(row!.id);
}
