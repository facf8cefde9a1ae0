import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { messageOf, TashikaError } from '@tashika/shared/errors';
import { DEAD_LETTER_REASONS } from '@tashika/shared/telemetry';
import Type from 'typebox';
import { openedBody, type Sweep } from '../ingest/index.ts';
import { type Opening, placeOfDeadLetter } from '../sealing/index.ts';
import type { Store } from '../store/index.ts';
import { Conditions } from './condition.ts';
import { DEFAULT_LIMIT, LimitParameter, NumberParameter } from './parameters.ts';
import { ProblemError, problems, querySchema } from './problem.ts';
import { HEAD_BYTES, sampleOf } from './sample.ts';
import { DeadLetterList, json, RedriveOutcome, RedriveSweep, word } from './shapes.ts';

interface DeadLetterRow {
  readonly id: number | bigint;
  readonly reason: string;
  readonly detail: string;
  readonly received_at: Date;
  readonly imsi: string | null;
  readonly partition_id: string;
  readonly sequence_number: number;
  readonly head: Uint8Array;
  /** Whether detail and head are sealed texts; the head is then all of the event, or nothing of a long one. */
  readonly sealed: boolean;
}

/** Of how long a sealed event a sample is shown: all of it has to be opened. */
const MOST_SEALED_BYTES = 16_384;

/** Trying dead letters again. */
export interface Redrive {
  /** Undefined when there is none with that id, or it has been counted already. */
  one(id: number): Promise<RedriveOutcome | undefined>;
  /** A stretch of those of one reason, the oldest first, after the one with the id `after`. */
  ofReason(reason: string, after: number): Promise<Sweep>;
}

/** What could not be counted, why, and trying it again. */
export function deadLetterRoutes({
  store,
  redrive,
  opening,
}: {
  store: Store;
  redrive: Redrive;
  opening?: Opening | undefined;
}): FastifyPluginAsyncTypebox {
  return async (app) => {
    // A re-drive takes no body; whatever a client sends along is read and let go.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', { parseAs: 'buffer' }, async () => undefined);

    app.get(
      '/api/dead-letters',
      {
        schema: {
          operationId: 'listDeadLetters',
          summary: 'Events that could not be counted',
          tags: ['dead letters'],
          querystring: querySchema({
            reason: Type.Optional(word(DEAD_LETTER_REASONS)),
            order: Type.Optional(
              word(['oldest', 'newest'], {
                description: 'Which come first; `oldest` if absent. Give it with every page.',
              }),
            ),
            after: Type.Optional(NumberParameter('The `next` of the page before.')),
            limit: Type.Optional(LimitParameter),
          }),
          response: { 200: { description: 'A page of dead letters.', ...json(DeadLetterList) }, ...problems(400) },
        },
      },
      async ({ query }): Promise<DeadLetterList> => {
        const { limit = DEFAULT_LIMIT } = query;
        const newest = query.order === 'newest';
        const conditions = new Conditions()
          .always('redriven_at IS NULL')
          .add('reason = ?', query.reason)
          .add(newest ? 'id < ?::bigint' : 'id > ?::bigint', query.after);
        const rows = await store.query<DeadLetterRow>(
          `SELECT id, reason, detail, received_at, imsi, partition_id, sequence_number, sealed,
                  CASE WHEN NOT sealed THEN substring(body FROM 1 FOR ${HEAD_BYTES})
                       WHEN octet_length(body) <= ${MOST_SEALED_BYTES} THEN body ELSE '' END AS head
             FROM dead_letter ${conditions.sql} ORDER BY id ${newest ? 'DESC' : ''} LIMIT ${conditions.next(limit + 1)}`,
          conditions.parameters,
        );
        const counts = await store.query<{ reason: string; count: number }>(
          'SELECT reason, open AS count FROM dead_letter_counts WHERE open > 0 ORDER BY reason',
        );
        const shown = await Promise.all(rows.slice(0, limit).map((row) => (row.sealed ? opened(row, opening) : row)));
        const deadLetters = shown.map(deadLetterOf);
        return {
          deadLetters,
          counts: Object.fromEntries(counts.map(({ reason, count }) => [reason, count])),
          next: rows.length > limit ? deadLetters.at(-1)!.id : null,
        };
      },
    );

    app.get(
      '/api/dead-letters/:id/body',
      {
        schema: {
          operationId: 'getDeadLetterBody',
          summary: "A dead letter's event, byte for byte as Event Hubs had it",
          tags: ['dead letters'],
          params: Type.Object({ id: NumberParameter('Its number.') }),
          querystring: querySchema({}),
          response: {
            200: {
              description: 'The bytes.',
              content: { 'application/octet-stream': { schema: Type.String({ format: 'binary' }) } },
            },
            ...problems(400, 404, 503),
          },
        },
      },
      async ({ params: { id } }, reply) => {
        const [row] = await store.query<SealableBody>(
          'SELECT body, sealed, partition_id, sequence_number FROM dead_letter WHERE id = $1::bigint',
          [id],
        );
        if (!row) throw new ProblemError('NOT_FOUND', `There is no dead letter ${id}.`);
        const body = row.sealed ? await openedBody(row.body, row.partition_id, row.sequence_number, opening) : row.body;
        reply.type('application/octet-stream').header('cache-control', 'no-store');
        reply.header('content-disposition', `attachment; filename="dead-letter-${id}"`);
        return Buffer.from(body) as never; // the schema says text, as OpenAPI does for bytes
      },
    );

    app.post(
      '/api/dead-letters/redrive',
      {
        schema: {
          operationId: 'redriveDeadLetters',
          summary: 'Try the dead letters of one reason again',
          description:
            'The oldest first, up to 100 of them or for 5 s, each once. Ask again with `after` set to `next` until that ' +
            'is null: then each has been tried, also those that stay refused. The request takes no body.',
          tags: ['dead letters'],
          querystring: querySchema({
            reason: word(DEAD_LETTER_REASONS),
            after: Type.Optional(NumberParameter('The `next` of the call before.')),
          }),
          response: { 200: { description: 'What came of them.', ...json(RedriveSweep) }, ...problems(400, 413, 415) },
        },
      },
      async ({ query: { reason, after = '0' } }): Promise<RedriveSweep> => {
        const { counted, stillRefused, next } = await redrive.ofReason(reason, Number(after));
        return { counted, stillRefused, next: next === null ? null : String(next) };
      },
    );

    app.post(
      '/api/dead-letters/:id/redrive',
      {
        schema: {
          operationId: 'redriveDeadLetter',
          summary: 'Try a dead letter again',
          description: 'It is counted if it can be by now, once. The request takes no body.',
          tags: ['dead letters'],
          params: Type.Object({ id: NumberParameter('Its number.') }),
          response: {
            200: { description: 'What came of it.', ...json(RedriveOutcome) },
            ...problems(400, 404, 413, 415, 503),
          },
        },
      },
      async ({ params }): Promise<RedriveOutcome> => {
        const outcome = await redrive.one(Number(params.id));
        if (!outcome)
          throw new ProblemError('NOT_FOUND', `There is no dead letter ${params.id}, or it has been counted already.`);
        return outcome;
      },
    );
  };
}

interface SealableBody extends Pick<DeadLetterRow, 'sealed' | 'partition_id' | 'sequence_number'> {
  readonly body: Uint8Array;
}

/** Dead letters are listed although Vault is away, or this process may not decrypt: without what is sealed. */
async function opened(row: DeadLetterRow, opening: Opening | undefined): Promise<DeadLetterRow> {
  const { partition_id: partition, sequence_number: number } = row;
  try {
    if (!opening) throw new TashikaError('SEALED_UNREADABLE', 'This process has no Vault to open it.');
    const detail = (await opening.open(row.detail, placeOfDeadLetter('detail', partition, number))).toString();
    const head = row.head.length === 0 ? row.head : await openedBody(row.head, partition, number, opening);
    return { ...row, detail, head };
  } catch (error) {
    return { ...row, detail: `Sealed. ${messageOf(error)}`, head: new Uint8Array() };
  }
}

function deadLetterOf(row: DeadLetterRow): DeadLetterList['deadLetters'][number] {
  return {
    id: String(row.id),
    reason: row.reason,
    detail: row.detail,
    receivedAt: row.received_at.toISOString(),
    imsi: row.imsi,
    source: { partition: row.partition_id, sequenceNumber: row.sequence_number },
    sample: sampleOf(row.head),
  };
}
