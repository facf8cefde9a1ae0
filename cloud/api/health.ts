import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Clock, Duration, Timestamp } from '@tashika/shared/time';
import type { HubAddress } from '../ingest/index.ts';
import type { Store } from '../store/index.ts';
import type { WorkerProgress } from '../worker.ts';
import { problems, querySchema } from './problem.ts';
import { Health, json } from './shapes.ts';

/** A worker commits or notes idleness every few seconds; a partition without either for this long stands still. */
const STANDING_AFTER_MS: Duration = 60_000;

/** The worker of this process: which hub it reads, and how it stands with it. */
export interface OwnWorker extends Pick<WorkerProgress, 'trouble' | 'partitions'> {
  readonly hub: HubAddress;
}

type PartitionHealth = Health['worker']['partitions'][number];

/** What keeps health from being good, the gravest first. */
const FAULTS = ['rewound', 'stalled', 'standing'] as const satisfies readonly PartitionHealth['status'][];

interface PartitionRow {
  readonly namespace: string;
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
  /** The worker of this process; none where it is another one's. */
  readonly worker?: (() => OwnWorker | undefined) | undefined;
}): FastifyPluginAsyncTypebox {
  const { store, clock } = options;
  let unavailableSince: Timestamp | undefined;

  async function health(): Promise<Health> {
    try {
      const rows = await store.query<PartitionRow>(
        `SELECT namespace, hub, consumer_group, partition_id, progressed_at, watermark
           FROM partition ORDER BY namespace, hub, consumer_group, length(partition_id), partition_id`,
      );
      unavailableSince = undefined;
      const worker = workerHealth(rows, options.worker?.(), clock.now());
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

/** The workers' part, from what they last wrote of each partition and what this process's own sees of the hub. */
function workerHealth(rows: readonly PartitionRow[], own: OwnWorker | undefined, now: Timestamp): Health['worker'] {
  const partitions = rows.map((row) => partitionHealth(row, own, now));
  if (own?.trouble) {
    const { code, message, since } = own.trouble;
    return { status: 'troubled', since: iso(since), trouble: { code, message }, partitions };
  }
  for (const fault of FAULTS) {
    const times = partitions.flatMap(({ status, since }) => (status === fault && since !== undefined ? [since] : []));
    const [since] = times.sort(); // ISO 8601 in UTC sorts as text
    if (since !== undefined) return { status: fault, since, partitions };
  }
  const allRead = partitions.length > 0 && partitions.every(({ status }) => status === 'progressing');
  return { status: allRead ? 'ok' : 'waiting', partitions };
}

function partitionHealth(row: PartitionRow, own: OwnWorker | undefined, now: Timestamp): PartitionHealth {
  const { status, since } = standing(row, own, now);
  return {
    hub: row.hub,
    consumerGroup: row.consumer_group,
    partition: row.partition_id,
    status,
    ...(since !== undefined && { since: iso(since) }),
    progressedAt: row.progressed_at?.toISOString() ?? null,
    watermark: row.watermark?.toISOString() ?? null,
  };
}

/** How a partition stands; with a fault, since when: the last time that it moved on. */
function standing(
  row: PartitionRow,
  own: OwnWorker | undefined,
  now: Timestamp,
): { readonly status: PartitionHealth['status']; readonly since?: Timestamp } {
  const progressedAt = row.progressed_at?.getTime();
  const { namespace, hub, consumerGroup } = own?.hub ?? {};
  const ofOwnHub = row.namespace === namespace && row.hub === hub && row.consumer_group === consumerGroup;
  const seen = ofOwnHub && own?.partitions.find(({ partitionId }) => partitionId === row.partition_id);
  if (seen && (seen.state === 'rewound' || seen.state === 'stalled'))
    return { status: seen.state, since: progressedAt ?? seen.since };
  if (progressedAt === undefined) return { status: 'waiting' };
  return now - progressedAt > STANDING_AFTER_MS
    ? { status: 'standing', since: progressedAt }
    : { status: 'progressing' };
}

function iso(time: Timestamp): string {
  return new Date(time).toISOString();
}
