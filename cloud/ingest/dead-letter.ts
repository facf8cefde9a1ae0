import { TashikaError } from '@tashika/shared/errors';
import type { Timestamp } from '@tashika/shared/time';
import { type Opening, placeOfDeadLetter, type Sealing } from '../sealing/index.ts';
import type { Queryable } from '../store/index.ts';
import type { ArrivedEvent, Refusal } from './event.ts';
import type { HubAddress } from './partition.ts';
import { storable } from './text.ts';

/** An event kept whole because it, or a part of it, could not be counted. */
export interface DeadLetter extends Refusal {
  readonly partitionId: string;
  readonly imsi: string | null;
  readonly arrived: ArrivedEvent;
}

const LONGEST_DETAIL = 1000;

/** A detail as it is stored: it may quote the event, and so anything. */
export function storableDetail(detail: string): string {
  return storable(detail, LONGEST_DETAIL);
}

/** Keeps dead letters of partitions that this transaction has locked, with their exact bytes. One that is already there, read by another group, stays as it is. */
export async function saveDeadLetters(
  transaction: Queryable,
  hub: HubAddress,
  letters: readonly DeadLetter[],
  sealing?: Sealing,
): Promise<void> {
  if (letters.length === 0) return;
  const kept = letters.map((letter) => keptAs(letter, sealing));
  await transaction.query(
    `INSERT INTO dead_letter
            (reason, detail, received_at, imsi, namespace, hub, hub_created_at, partition_id, sequence_number, body,
             sealed)
     SELECT reason, detail, received_at, imsi, namespace, hub, hub_created_at, partition_id, letter.sequence_number,
            decode(body, 'base64'), $11
       FROM unnest($4::text[], $5::text[], $6::timestamptz[], $7::text[], $8::text[], $9::int8[], $10::text[])
              AS letter (reason, detail, received_at, imsi, partition_id, sequence_number, body)
            JOIN partition USING (partition_id)
      WHERE namespace = $1 AND hub = $2 AND consumer_group = $3
     ON CONFLICT (namespace, hub, hub_created_at, partition_id, sequence_number) DO NOTHING`,
    [
      hub.namespace,
      hub.hub,
      hub.consumerGroup,
      letters.map((letter) => letter.reason),
      kept.map(({ detail }) => detail),
      letters.map((letter) => new Date(letter.arrived.enqueuedAt).toISOString()),
      letters.map((letter) => letter.imsi),
      letters.map((letter) => letter.partitionId),
      letters.map((letter) => letter.arrived.sequenceNumber),
      kept.map(({ body }) => body.toString('base64')),
      sealing !== undefined,
    ],
  );
}

/** A refused event may hold what is sealed, and the reason may quote it: where anything is sealed, both are. */
function keptAs(
  { detail, arrived, partitionId }: DeadLetter,
  sealing: Sealing | undefined,
): { readonly detail: string; readonly body: Buffer } {
  const text = storableDetail(detail);
  if (!sealing) return { detail: text, body: Buffer.from(arrived.body) };
  const seal = (part: 'body' | 'detail', plain: Uint8Array | string) =>
    sealing.seal(plain, placeOfDeadLetter(part, partitionId, arrived.sequenceNumber));
  return { detail: seal('detail', text), body: Buffer.from(seal('body', arrived.body)) };
}

/** A dead letter that has not been driven again. */
export interface StoredDeadLetter {
  readonly id: number;
  readonly namespace: string;
  readonly hub: string;
  readonly partitionId: string;
  readonly arrived: ArrivedEvent;
  readonly sealed: boolean;
}

/**
 * Reads the dead letter `id`; undefined if there is none, or it has been counted already. What it holds never changes,
 * so it is opened before anything is locked: Vault may take longer than a transaction may stand idle.
 *
 * @throws TashikaError SEALED_UNREADABLE, and as `Opening`, for one that is sealed
 */
export async function readDeadLetter(
  store: Queryable,
  id: number,
  opening?: Opening,
): Promise<StoredDeadLetter | undefined> {
  const [row] = await store.query<{
    namespace: string;
    hub: string;
    partition_id: string;
    sequence_number: number;
    received_at: Date;
    body: Uint8Array;
    sealed: boolean;
  }>(
    `SELECT namespace, hub, partition_id, sequence_number, received_at, body, sealed
       FROM dead_letter WHERE id = $1 AND redriven_at IS NULL`,
    [id],
  );
  if (!row) return undefined;
  const { namespace, hub, partition_id: partitionId, sequence_number: sequenceNumber, received_at, sealed } = row;
  const body = sealed ? await openedBody(row.body, partitionId, sequenceNumber, opening) : row.body;
  const arrived = { sequenceNumber, offset: '', enqueuedAt: received_at.getTime(), body };
  return { id, namespace, hub, partitionId, arrived, sealed };
}

/** Locks the dead letter until the transaction ends; false if it is gone, or has been counted already. */
export async function lockDeadLetter(transaction: Queryable, id: number): Promise<boolean> {
  const rows = await transaction.query('SELECT FROM dead_letter WHERE id = $1 AND redriven_at IS NULL FOR UPDATE', [
    id,
  ]);
  return rows.length > 0;
}

/** @throws TashikaError SEALED_UNREADABLE, and as `Opening` */
export async function openedBody(
  body: Uint8Array,
  partitionId: string,
  sequenceNumber: number,
  opening: Opening | undefined,
): Promise<Uint8Array> {
  if (!opening)
    throw new TashikaError('SEALED_UNREADABLE', 'The dead letter is sealed, and this process has no Vault to open it.');
  return opening.open(Buffer.from(body).toString(), placeOfDeadLetter('body', partitionId, sequenceNumber));
}

/** Closes a dead letter that has been counted after all. */
export async function closeDeadLetter(transaction: Queryable, id: number, now: Timestamp): Promise<void> {
  await transaction.query('UPDATE dead_letter SET redriven_at = $2 WHERE id = $1', [id, new Date(now)]);
}

/** Notes why a dead letter is still refused; of one that is sealed, the reason without its detail. */
export async function updateRefusal(transaction: Queryable, id: number, refusal: Refusal): Promise<void> {
  await transaction.query(
    'UPDATE dead_letter SET reason = $2, detail = CASE WHEN sealed THEN detail ELSE $3 END WHERE id = $1',
    [id, refusal.reason, storableDetail(refusal.detail)],
  );
}
