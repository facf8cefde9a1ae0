import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { isStoreMismatch } from '@tashika/shared/errors';
import type { Clock, Duration, Timestamp } from '@tashika/shared/time';
import { partitionState, readWatched, type Watched } from '../ingest/index.ts';
import type { SecretsReport } from '../secrets/index.ts';
import type { Store } from '../store/index.ts';
import { problems, querySchema } from './problem.ts';
import { json, Readiness } from './shapes.ts';

type Condition = Readiness['conditions'][number];
type Warning = NonNullable<Readiness['warnings']>[number];

/** Whether everything from the hub to the store moves, by what all workers tell: 200 if it does, else 503. */
export function readyRoutes(options: {
  readonly store: Store;
  readonly clock: Clock;
  readonly stalledAfterMs: Duration;
  readonly ownWorkerLooked?: (() => boolean) | undefined;
  readonly secrets?: (() => SecretsReport | undefined) | undefined;
}): FastifyPluginAsyncTypebox {
  const { store, clock, stalledAfterMs, ownWorkerLooked = () => true, secrets = () => undefined } = options;
  const startedAt = clock.now();
  let unavailableSince: Timestamp | undefined;

  async function conditions(): Promise<readonly Condition[]> {
    try {
      const watched = await readWatched(store);
      unavailableSince = undefined;
      const found = conditionsOf(watched, startedAt, stalledAfterMs);
      return found.length > 0 || ownWorkerLooked() ? found : [notLooked(startedAt)];
    } catch {
      unavailableSince ??= clock.now();
      return [
        {
          type: 'StoreUnavailable',
          since: iso(unavailableSince),
          detail: 'The database does not answer this process.',
        },
      ];
    }
  }

  return async (app) => {
    app.get(
      '/api/ready',
      {
        schema: {
          operationId: 'getReadiness',
          summary: 'Whether everything that arrives is being counted',
          description: 'It tells of all workers that share the store, in every process.',
          tags: ['operation'],
          querystring: querySchema({}),
          response: {
            200: { description: 'It is.', ...json(Readiness) },
            503: { description: 'It is not, for the reasons that are named.', ...json(Readiness) },
            ...problems(400),
          },
        },
      },
      async (_request, reply): Promise<Readiness> => {
        const found = await conditions();
        const warnings = warningsOf(secrets());
        reply.code(found.length === 0 ? 200 : 503).header('cache-control', 'no-store');
        return {
          status: found.length === 0 ? 'ready' : 'not-ready',
          conditions: [...found],
          ...(warnings.length > 0 && { warnings }),
        };
      },
    );
  };
}

/** What the store tells is of a former worker then. */
function notLooked(startedAt: Timestamp): Condition {
  return { type: 'HubNotRead', since: iso(startedAt), detail: 'The worker of this process has not read the hub yet.' };
}

/** What keeps the pipeline from being ready; empty when nothing does. */
export function conditionsOf(
  { now, partitions, trouble }: Watched,
  startedAt: Timestamp,
  stalledAfterMs: Duration,
): readonly Condition[] {
  const found: Condition[] = [];
  if (trouble)
    found.push({
      type: isStoreMismatch(trouble.code) ? 'StoreNotOfThisPipeline' : 'HubUnavailable',
      since: iso(trouble.since),
      detail: `A worker is told ${trouble.code}: ${trouble.message}`,
    });
  if (partitions.length === 0)
    found.push({ type: 'HubNotRead', since: iso(startedAt), detail: 'No worker has ever read a hub into this store.' });
  for (const partition of partitions) {
    const state = partitionState(partition, now, stalledAfterMs);
    if (state.status === 'progressing') continue;
    const { since, detail } = state;
    found.push({
      type: 'InputPartitionNotProgressing',
      partition: partition.partitionId,
      since: iso(since),
      detail,
    });
  }
  return found;
}

/** What is the matter with this process's secrets. They are used for as long as they work, so none makes it unready. */
export function warningsOf(report: SecretsReport | undefined): Warning[] {
  return (report?.secrets ?? []).flatMap(({ name: secret, leftMs, trouble, refusal }) => {
    const found: Warning[] = [];
    if (refusal) {
      const detail = `A new secret does not work, the one before stays in use: ${refusal.code}: ${refusal.message}`;
      found.push({ type: 'SecretRefused', secret, since: iso(refusal.since), detail });
    }
    if (trouble) {
      const type = leftMs !== undefined && leftMs <= 0 ? 'SecretExpired' : 'SecretNotRenewed';
      found.push({ type, secret, since: iso(trouble.since), detail: `${trouble.code}: ${trouble.message}` });
    }
    return found;
  });
}

function iso(time: Timestamp): string {
  return new Date(time).toISOString();
}
