import type { Queryable } from '@tashika/cloud/store';
import { parseMultirange } from '@tashika/shared/sequence';

export interface ShownWindow {
  readonly readings: number;
  readonly events: number;
  readonly late: number;
  readonly revision: number;
  readonly state: 'provisional' | 'final' | 'revised';
}

export interface ShownValue {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
}

export interface ShownStream {
  readonly received: readonly number[];
  readonly lost: readonly number[];
  readonly held: number;
}

export interface ShownPartition {
  readonly owner: string;
  readonly position: number | null;
  readonly watermark: string | null;
  readonly events: number;
  readonly readings: number;
  readonly duplicates: number;
  readonly late: number;
  readonly adjusted: number;
  readonly dropped: number;
  readonly lateInput: number;
  readonly earlyInput: number;
  readonly outOfOrder: number;
  readonly deserializationErrors: number;
  readonly deadLetters: number;
  readonly skipped: number;
}

export interface ShownDevice {
  readonly region: string;
  readonly lastSeen: string;
  readonly posts: number;
}

/** What there is to see of a pipeline: of the store, and of the model that it has to equal. */
export interface Shown {
  readonly watermark: string | null;
  /** By window end and region. */
  readonly windows: Readonly<Record<string, ShownWindow>>;
  /** By window end, region and sensor. */
  readonly values: Readonly<Record<string, ShownValue>>;
  /** By imsi and stream. */
  readonly streams: Readonly<Record<string, ShownStream>>;
  readonly partitions: Readonly<Record<string, ShownPartition>>;
  /** By partition and number: the reason, or that it has been counted after all. */
  readonly deadLetters: Readonly<Record<string, string>>;
  readonly devices: Readonly<Record<string, ShownDevice>>;
}

/** The numbers of the changes, which only the store has. */
export interface Changes {
  readonly latest: number;
  readonly ofWindow: Readonly<Record<string, number>>;
}

const iso = (column: string) => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** Everything in one statement, and planned once, because it is asked after every step of every schedule. */
const EVERYTHING = `PREPARE everything AS
SELECT (SELECT ${iso('watermark')} FROM watermark) AS watermark,
       (SELECT id FROM change_cursor) AS change_id,
       (SELECT coalesce(json_agg(json_build_object('key', ${iso('window_end')} || ' ' || region, 'change', change_id,
               'shown', json_build_object('readings', readings, 'events', events, 'late', late,
                                          'revision', revision, 'state', state))), '[]') FROM window_counts) AS windows,
       (SELECT coalesce(json_agg(json_build_object('key', ${iso('window_end')} || ' ' || region || ' ' || sensor,
               'shown', json_build_object('count', count, 'sum', sum, 'min', min, 'max', max))), '[]')
          FROM window_value) AS values,
       (SELECT coalesce(json_agg(json_build_object('key', imsi || '/' || stream,
               'received', received::text, 'lost', lost::text, 'held', held)), '[]') FROM ledger) AS streams,
       (SELECT coalesce(json_agg(json_build_object('key', partition_id,
               'shown', json_build_object('owner', owner_id, 'position', sequence_number,
                                          'watermark', ${iso('watermark')}, 'events', events, 'readings', readings,
                                          'duplicates', duplicates, 'late', late, 'adjusted', adjusted,
                                          'dropped', dropped, 'lateInput', late_input, 'earlyInput', early_input,
                                          'outOfOrder', out_of_order,
                                          'deserializationErrors', deserialization_errors,
                                          'deadLetters', dead_letters, 'skipped', skipped))), '[]') FROM partition) AS partitions,
       (SELECT coalesce(json_agg(json_build_object('key', partition_id || '/' || sequence_number,
               'shown', CASE WHEN redriven_at IS NULL THEN reason ELSE 'counted' END)), '[]')
          FROM dead_letter) AS letters,
       (SELECT coalesce(json_agg(json_build_object('key', imsi,
               'shown', json_build_object('region', region, 'lastSeen', ${iso('last_seen')}, 'posts', posts))), '[]')
          FROM device) AS devices`;

interface Keyed<Value> {
  readonly key: string;
  readonly shown: Value;
}

interface Row {
  readonly watermark: string | null;
  readonly change_id: number;
  readonly windows: readonly (Keyed<ShownWindow> & { readonly change: number })[];
  readonly values: readonly Keyed<ShownValue>[];
  readonly streams: readonly { key: string; received: string; lost: string; held: number }[];
  readonly partitions: readonly Keyed<ShownPartition>[];
  readonly letters: readonly Keyed<string>[];
  readonly devices: readonly Keyed<ShownDevice>[];
}

/** Prepares a store in this process, which has one session, for `lookAt`. */
export async function prepareLooks(store: Queryable): Promise<void> {
  await store.script(EVERYTHING);
}

/** What the store shows. */
export async function lookAt(store: Queryable): Promise<{ shown: Shown; changes: Changes }> {
  const [row] = await store.query<Row>('EXECUTE everything');
  const { watermark, change_id, windows, values, streams, partitions, letters, devices } = row!;
  return {
    shown: {
      watermark,
      windows: byKey(windows),
      values: byKey(values),
      streams: Object.fromEntries(
        streams.map(({ key, received, lost, held }) => [
          key,
          { received: numbers(received), lost: numbers(lost), held },
        ]),
      ),
      partitions: byKey(partitions),
      deadLetters: byKey(letters),
      devices: byKey(devices),
    },
    changes: { latest: change_id, ofWindow: Object.fromEntries(windows.map(({ key, change }) => [key, change])) },
  };
}

function byKey<Value>(rows: readonly Keyed<Value>[]): Record<string, Value> {
  return Object.fromEntries(rows.map(({ key, shown }) => [key, shown]));
}

function numbers(multirange: string): number[] {
  return parseMultirange(multirange).flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, index) => first + index),
  );
}
