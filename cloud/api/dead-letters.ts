import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { DEAD_LETTER_REASONS } from '@tashika/shared/telemetry';
import Type from 'typebox';
import type { Store } from '../store/index.ts';
import { Conditions } from './condition.ts';
import { DEFAULT_LIMIT, LimitParameter, NumberParameter } from './parameters.ts';
import { ProblemError, problems, querySchema } from './problem.ts';
import { DeadLetterList, json, RedriveOutcome, word } from './shapes.ts';

const SAMPLE_BYTES = 1024;

interface DeadLetterRow {
  readonly id: number | bigint;
  readonly reason: string;
  readonly detail: string;
  readonly received_at: Date;
  readonly imsi: string | null;
  readonly partition_id: string;
  readonly sequence_number: number;
  readonly sample: Uint8Array;
}

/** Tries a dead letter again; undefined when there is none with that id, or it has been counted already. */
export type Redrive = (id: number) => Promise<RedriveOutcome | undefined>;

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
                  substring(body FROM 1 FOR ${SAMPLE_BYTES}) AS sample
             FROM dead_letter ${conditions.sql} ORDER BY id ${newest ? 'DESC' : ''} LIMIT ${conditions.next(limit + 1)}`,
          conditions.parameters,
        );
        const counts = await store.query<{ reason: string; count: number }>(
          'SELECT reason, count(*) AS count FROM dead_letter WHERE redriven_at IS NULL GROUP BY reason ORDER BY reason',
        );
        const deadLetters = rows.slice(0, limit).map(deadLetterOf);
        return {
          deadLetters,
          counts: Object.fromEntries(counts.map(({ reason, count }) => [reason, count])),
          next: rows.length > limit ? deadLetters.at(-1)!.id : null,
        };
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
        const outcome = await redrive(Number(params.id));
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
    sample: textOf(row.sample),
  };
}

/** UTF-8, with a replacement character for what is none; a character that the cut went through is left out. */
function textOf(sample: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(sample, { stream: sample.length === SAMPLE_BYTES });
}
