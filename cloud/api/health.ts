import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Clock, Duration, Timestamp } from '@tashika/shared/time';
import { PARTITION_FAULTS, partitionState, readWatched, type Watched, type WatchedPartition } from '../ingest/index.ts';
import type { Store } from '../store/index.ts';
import { problems, querySchema } from './problem.ts';
import { Health, json } from './shapes.ts';

type PartitionHealth = Health['worker']['partitions'][number];

/** Whether each part works, by what all workers tell: 200 if all do, else 503. */
export function healthRoutes(options: {
  readonly store: Store;
  readonly clock: Clock;
  readonly stalledAfterMs: Duration;
  readonly ownWorkerLooked?: (() => boolean) | undefined;
}): FastifyPluginAsyncTypebox {
  const { store, clock, stalledAfterMs, ownWorkerLooked = () => true } = options;
  const startedAt = clock.now();
  let unavailableSince: Timestamp | undefined;

  async function health(): Promise<Health> {
    try {
      const watched = await readWatched(store);
      unavailableSince = undefined;
      const worker = workerHealth(watched, stalledAfterMs);
      if (!ownWorkerLooked() && !watched.trouble)
        return {
          status: 'failing',
          store: { status: 'ok' },
          worker: { status: 'waiting', since: iso(startedAt), partitions: worker.partitions },
        };
      const works = worker.status === 'ok' || worker.status === 'waiting';
      return { status: works ? 'ok' : 'failing', store: { status: 'ok' }, worker };
    } catch {
      unavailableSince ??= clock.now();
      return {
        status: 'failing',
        store: { status: 'unavailable', since: iso(unavailableSince) },
        worker: { status: 'unknown', partitions: [] },
      };
    }
  }

  return async (app) => {
    app.get(
      '/api/health',
      {
        schema: {
          operationId: 'getHealth',
          summary: 'Whether each part works',
          tags: ['operation'],
          querystring: querySchema({}),
          response: {
            200: { description: 'All parts work.', ...json(Health) },
            503: { description: 'A part does not.', ...json(Health) },
            ...problems(400),
          },
        },
      },
      async (_request, reply): Promise<Health> => {
        const answer = await health();
        reply.code(answer.status === 'ok' ? 200 : 503).header('cache-control', 'no-store');
        return answer;
      },
    );
  };
}

/** The workers' part. */
function workerHealth({ now, partitions: watched, trouble }: Watched, stalledAfterMs: Duration): Health['worker'] {
  const partitions = watched.map((partition) => partitionHealth(partition, now, stalledAfterMs));
  if (trouble) {
    const { code, message, since } = trouble;
    return { status: 'troubled', since: iso(since), trouble: { code, message }, partitions };
  }
  for (const fault of PARTITION_FAULTS) {
    const times = partitions.flatMap(({ status, since }) => (status === fault && since !== undefined ? [since] : []));
    const [since] = times.sort(); // ISO 8601 in UTC sorts as text
    if (since !== undefined) return { status: fault, since, partitions };
  }
  return { status: partitions.length > 0 ? 'ok' : 'waiting', partitions };
}

function partitionHealth(partition: WatchedPartition, now: Timestamp, stalledAfterMs: Duration): PartitionHealth {
  const state = partitionState(partition, now, stalledAfterMs);
  const { hub, consumerGroup, partitionId, progressedAt, watermark } = partition;
  return {
    hub,
    consumerGroup,
    partition: partitionId,
    status: state.status,
    ...(state.status !== 'progressing' && { since: iso(state.since) }),
    progressedAt: progressedAt === null ? null : iso(progressedAt),
    watermark: watermark === null ? null : iso(watermark),
  };
}

function iso(time: Timestamp): string {
  return new Date(time).toISOString();
}
