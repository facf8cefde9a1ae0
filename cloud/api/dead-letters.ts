import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { DEAD_LETTER_REASONS } from '@tashika/shared/telemetry';
import Type from 'typebox';
import type { Sweep } from '../ingest/index.ts';
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
}

/** Trying dead letters again. */
export interface Redrive {
  /** Undefined when there is none with that id, or it has been counted already. */
  one(id: number): Promise<RedriveOutcome | undefined>;
  /** A stretch of those of one reason, the oldest first, after the one with the id `after`. */
  ofReason(reason: string, after: number): Promise<Sweep>;
}

/** What could not be counted, why, and trying it again. */
export function deadLetterRoutes({ store, redrive }: { store: Store; redrive: Redrive }): FastifyPluginAsyncTypebox {
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
          `SELECT id, reason, detail, received_at, imsi, partition_id, sequence_number,
                  substring(body FROM 1 FOR ${HEAD_BYTES}) AS head
             FROM dead_letter ${conditions.sql} ORDER BY id ${newest ? 'DESC' : ''} LIMIT ${conditions.next(limit + 1)}`,
          conditions.parameters,
        );
        const counts = await store.query<{ reason: string; count: number }>(
          'SELECT reason, open AS count FROM dead_letter_counts WHERE open > 0 ORDER BY reason',
        );
        const deadLetters = rows.slice(0, limit).map(deadLetterOf);
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
            ...problems(400, 404),
          },
        },
      },
      async ({ params: { id } }, reply) => {
        const [row] = await store.query<{ body: Uint8Array }>('SELECT body FROM dead_letter WHERE id = $1::bigint', [
          id,
        ]);
        if (!row) throw new ProblemError('NOT_FOUND', `There is no dead letter ${id}.`);
        reply.type('application/octet-stream').header('cache-control', 'no-store');
        reply.header('content-disposition', `attachment; filename="dead-letter-${id}"`);
        return Buffer.from(row.body) as never; // the schema says text, as OpenAPI does for bytes
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
            ...problems(400, 404, 413, 415),
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
