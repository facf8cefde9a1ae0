import { TashikaError } from '@tashika/shared/errors';
import type { Timestamp } from '@tashika/shared/time';
import Type, { type Static } from 'typebox';
import { storable } from '../../ingest/index.ts';
import type { Queryable, Store } from '../../store/index.ts';
import type { Reason } from '../reason/index.ts';
import { type Action, closeAction, readAction } from './action.ts';
import { notifyAction } from './standing.ts';

const EXECUTIONS = [
  'closed',
  'proceeding',
  'canceled',
  'scheduled',
  'rejected',
  'resumed',
  'download',
  'downloaded',
] as const;

const oneOf = <Word extends string>(words: readonly Word[]) => Type.Unsafe<Word>({ type: 'string', enum: [...words] });

/** What an updater tells of an action. What else hawkBit's clients write is passed over. */
export const feedbackSchema = Type.Object({
  id: Type.Optional(Type.Union([Type.String(), Type.Integer()], { description: 'The action; that of the path.' })),
  status: Type.Object({
    execution: oneOf(EXECUTIONS),
    result: Type.Object({ finished: oneOf(['success', 'failure', 'none']) }),
    details: Type.Optional(Type.Array(Type.String(), { maxItems: 1_000, description: 'In words, oldest first.' })),
  }),
});
export type Feedback = Static<typeof feedbackSchema>;

/** Entries that are kept of an action word for word; what comes after them still counts. */
const MOST_KEPT = 1_000;
const MOST_DETAILS = 50;
const LONGEST_DETAIL = 1_000;

interface Said {
  readonly execution: string;
  readonly finished: string;
  readonly details: readonly string[];
}

export interface Telling {
  readonly tenant: string;
  readonly controllerId: string;
  readonly id: number;
  readonly now: Timestamp;
}

/**
 * Takes what an updater says of its installation. The same again changes nothing, so an answer that was lost does no
 * harm, nor does a request that is repeated.
 *
 * @throws TashikaError NOT_FOUND where it has no such action, ACTION_CLOSED where that is over, BAD_REQUEST
 */
export function takeFeedback(store: Store, telling: Telling, feedback: Feedback): Promise<void> {
  return inAction(store, telling, feedback, async (transaction, action, said) => {
    const ends = said.execution === 'closed' || said.execution === 'canceled';
    const outcome = said.execution === 'canceled' ? 'cancelled' : said.finished === 'failure' ? 'failure' : 'success';
    if (ends) await closeAction(transaction, action, { ...closingBy(telling, said), outcome });
  });
}

/**
 * Takes what an updater says to a cancellation: it is confirmed, or else the action goes on.
 *
 * @throws TashikaError NOT_FOUND, ACTION_CLOSED, BAD_REQUEST
 */
export function takeCancelFeedback(store: Store, telling: Telling, feedback: Feedback): Promise<void> {
  return inAction(store, telling, feedback, async (transaction, action, said) => {
    if (action.state !== 'canceling')
      throw new TashikaError('NOT_FOUND', `The action ${action.id} is not being cancelled.`);
    const goesOn = said.execution === 'rejected' || (said.execution === 'closed' && said.finished === 'failure');
    if (goesOn) {
      await transaction.query(`UPDATE deployment_action SET state = 'open' WHERE id = $1`, [action.id]);
      await notifyAction(transaction, telling.tenant, telling.controllerId);
    } else if (said.execution === 'closed' || said.execution === 'canceled')
      await closeAction(transaction, action, { ...closingBy(telling, said), outcome: 'cancelled' });
  });
}

async function inAction(
  store: Store,
  telling: Telling,
  feedback: Feedback,
  take: (transaction: Queryable, action: Action, said: Said) => Promise<void>,
): Promise<void> {
  const { id, now } = telling;
  if (feedback.id !== undefined && String(feedback.id) !== String(id))
    throw new TashikaError('BAD_REQUEST', `The body speaks of the action ${String(feedback.id)}, the path of ${id}.`);
  const said = saidIn(feedback);
  await store.transaction(async (transaction) => {
    const action = await readAction(transaction, telling, 'FOR UPDATE OF action');
    if (!action) throw new TashikaError('NOT_FOUND', `${telling.controllerId} has no action ${id}.`);
    const { last, kept } = await readSaid(transaction, id);
    const isRepeated = last !== undefined && JSON.stringify(last) === JSON.stringify(said);
    if (action.state === 'closed') {
      if (isRepeated) return;
      throw new TashikaError('ACTION_CLOSED', `The action ${id} is over (${action.outcome}); nothing was changed.`);
    }
    if (!isRepeated && (kept < MOST_KEPT || said.execution === 'closed')) await keep(transaction, id, said, now);
    await transaction.query(
      `UPDATE deployment_action SET progress = $2, progress_at = $3, detail = coalesce($4, detail),
                                    fetched_at = coalesce(fetched_at, $3) WHERE id = $1`,
      [id, said.execution, new Date(now), said.details.at(-1) ?? null],
    );
    await take(transaction, action, said);
  });
}

function saidIn({ status: { execution, result, details = [] } }: Feedback): Said {
  return {
    execution,
    finished: result.finished,
    details: details.slice(-MOST_DETAILS).map((each) => storable(each, LONGEST_DETAIL)),
  };
}

async function readSaid(
  transaction: Queryable,
  id: number,
): Promise<{ readonly last: Said | undefined; readonly kept: number }> {
  const [row] = await transaction.query<Said & { readonly kept: number }>(
    `SELECT execution, finished, details,
            (SELECT count(*) FROM action_feedback WHERE action_id = $1) AS kept
       FROM action_feedback WHERE action_id = $1 ORDER BY id DESC LIMIT 1`,
    [id],
  );
  if (!row) return { last: undefined, kept: 0 };
  const { kept, execution, finished, details } = row;
  return { last: { execution, finished, details }, kept };
}

async function keep(transaction: Queryable, id: number, said: Said, now: Timestamp): Promise<void> {
  await transaction.query(
    'INSERT INTO action_feedback (action_id, received_at, execution, finished, details) VALUES ($1, $2, $3, $4, $5)',
    [id, new Date(now), said.execution, said.finished, said.details],
  );
}

function closingBy({ controllerId, now }: Telling, said: Said) {
  const words = said.details.at(-1);
  const why: Reason =
    words === undefined
      ? { code: 'updater-says', values: { said: `${said.execution}, ${said.finished}`, words: null } }
      : { code: 'words', values: { words } };
  return { why, actor: `device:${controllerId}`, now };
}
