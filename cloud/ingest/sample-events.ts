import { encodeEnvelope } from '@tashika/shared/funnel';
import type { Timestamp } from '@tashika/shared/time';
import type { Queryable } from '../store/index.ts';
import type { ArrivedEvent } from './event.ts';
import { SUMMED_TOTALS, type Totals } from './partition.ts';

/** Events as tests write them: a moment, a device and a payload with defaults that a test may leave out. */

export const NOON: Timestamp = Date.UTC(2026, 5, 1, 12);
export const IMSI = '295000000000001';

export interface SamplePost {
  readonly stream?: string;
  readonly seq?: number;
  readonly pref?: unknown;
  readonly held?: number;
  readonly lost?: readonly (readonly [number, number])[];
  readonly clock?: string;
  /** Unix milliseconds of each reading; one reading at NOON without. */
  readonly times?: readonly Timestamp[];
  readonly name?: string;
  readonly values?: readonly unknown[];
}

/** A payload of wire format v1. */
export function post({ times = [NOON], values, name = 'temp', ...fields }: SamplePost = {}): object {
  const pack = times.map((time, index) => {
    const value = values ? values[index] : 20 + index;
    return { n: name, u: 'Cel', t: time / 1000, [typeof value === 'string' ? 'vs' : 'v']: value };
  });
  return { v: 1, pref: '13', stream: 'stream-a', seq: 1, held: 0, ...fields, pack };
}

export interface SampleEvent {
  readonly imsi?: string;
  readonly enqueuedAt?: Timestamp;
  readonly timestamp?: Timestamp;
}

/** An event that carries `payload` in Funnel's envelope. */
export function event(sequenceNumber: number, payload: unknown, options: SampleEvent = {}): ArrivedEvent {
  const { imsi = IMSI, enqueuedAt = NOON, timestamp = enqueuedAt } = options;
  const text = encodeEnvelope({
    operatorId: 'OP0000000000',
    timestamp,
    destination: { provider: 'azure', service: 'eventhubs', resourceUrl: 'sb://hub', payloadsOnly: false },
    credentialsId: 'tashika',
    payloads: payload,
    sourceProtocol: 'http',
    imsi,
    imei: '860000000000001',
  });
  return rawEvent(sequenceNumber, text, enqueuedAt);
}

/** An event with any bytes. */
export function rawEvent(
  sequenceNumber: number,
  body: string | Uint8Array,
  enqueuedAt: Timestamp = NOON,
): ArrivedEvent {
  return { sequenceNumber, offset: `@${sequenceNumber}`, enqueuedAt, body: Buffer.from(body as string) };
}

/** The windows of a store, in order, as `minute region: readings/events` with what is late and revised. */
export async function windowsOf(store: Queryable): Promise<string[]> {
  const rows = await store.query<Record<string, number | string> & { window_end: Date }>(
    'SELECT window_end, region, readings, events, late, revision, state FROM window_counts ORDER BY window_end, region',
  );
  return rows.map((row) => {
    const minute = row.window_end.toISOString().slice(11, 16);
    const late = Number(row.late) > 0 || Number(row.revision) > 0 ? ` late ${row.late} revision ${row.revision}` : '';
    return `${minute} ${row.region}: ${row.readings}/${row.events}${late} ${row.state}`;
  });
}

/** The totals of all partitions of a store. */
export async function totalsOf(store: Queryable): Promise<Totals> {
  const [row] = await store.query<Totals>(`SELECT ${SUMMED_TOTALS} FROM partition`);
  return row!;
}
