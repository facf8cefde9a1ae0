import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Clock, Duration, Timestamp } from '@tashika/shared/time';
import type { Store } from '../store/index.ts';
import type { WorkerProgress } from '../worker.ts';
import { problems, querySchema } from './problem.ts';
import { Health, json } from './shapes.ts';

/** A worker commits or notes idleness every few seconds; a partition without either for this long stands still. */
const STANDING_AFTER_MS: Duration = 60_000;

interface PartitionRow {
  readonly hub: string;
  readonly consumer_group: string;
  readonly partition_id: string;
  readonly progressed_at: Date | null;
  readonly watermark: Date | null;
}

/** Whether each part works: 200 if all do, else 503. */
export function healthRoutes(options: {
  readonly store: Store;
  readonly clock: Clock;
  /** How the worker in this process stands; none where it is another one's. */
  readonly worker?: (() => Pick<WorkerProgress, 'trouble'>) | undefined;
}): FastifyPluginAsyncTypebox {
  const { store, clock } = options;
  let unavailableSince: Timestamp | undefined;

  async function health(): Promise<Health> {
    try {
      const rows = await store.query<PartitionRow>(
        `SELECT hub, consumer_group, partition_id, progressed_at, watermark
           FROM partition ORDER BY namespace, hub, consumer_group, length(partition_id), partition_id`,
      );
      unavailableSince = undefined;
      const worker = workerHealth(rows, options.worker?.().trouble ?? null, clock.now());
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

/** The workers' part, from what they last wrote of each partition and what keeps this process's own from the hub. */
function workerHealth(
  rows: readonly PartitionRow[],
  trouble: WorkerProgress['trouble'],
  now: Timestamp,
): Health['worker'] {
  const partitions = rows.map((row) => ({
    hub: row.hub,
    consumerGroup: row.consumer_group,
    partition: row.partition_id,
    status: statusOf(row.progressed_at, now),
    progressedAt: row.progressed_at?.toISOString() ?? null,
    watermark: row.watermark?.toISOString() ?? null,
  }));
  if (trouble) {
    const { code, message, since } = trouble;
    return { status: 'troubled', since: iso(since), trouble: { code, message }, partitions };
  }
  const standing = partitions.flatMap(({ status, progressedAt }) => (status === 'standing' ? [progressedAt!] : []));
  const [since] = standing.sort(); // ISO 8601 in UTC sorts as text
  if (since !== undefined) return { status: 'standing', since, partitions };
  const allRead = partitions.length > 0 && partitions.every(({ status }) => status === 'progressing');
  return { status: allRead ? 'ok' : 'waiting', partitions };
}

function statusOf(progressedAt: Date | null, now: Timestamp): 'progressing' | 'waiting' | 'standing' {
  if (progressedAt === null) return 'waiting';
  return now - progressedAt.getTime() > STANDING_AFTER_MS ? 'standing' : 'progressing';
}

function iso(time: Timestamp): string {
  return new Date(time).toISOString();
}
