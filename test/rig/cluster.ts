import type { PartitionProperties } from '@azure/event-hubs';
import pg from 'pg';
import { onTestFailed, onTestFinished } from 'vitest';
import type { Broker } from './broker.ts';
import type { CloudApi } from './cloud-api.ts';
import { assertCounted } from './exact.ts';
import { type HubEvent, partitionsOf, sendToHub } from './hub.ts';
import type { PartitionJournal } from './partition-journal.ts';
import type { Postgres } from './postgres.ts';
import { Program } from './program.ts';
import { type Expected, SENSOR } from './traffic.ts';
import { until } from './until.ts';
import { WindowSums } from './window-sums.ts';

/** Seed of all randomness of these tests; TASHIKA_TEST_SEED tells another story. */
export const SEED = Number(process.env.TASHIKA_TEST_SEED ?? 2026);

interface WorkerEnv {
  readonly TASHIKA_CLOUD_STORE_URL: string;
  readonly [name: string]: string;
}

/** A row of the store's table of partitions, as far as tests look at it. */
export interface PartitionRow {
  readonly partition_id: string;
  readonly owner_id: string;
  /** The checkpoint; null before the first commit. */
  readonly position: number | null;
  readonly events: number;
  readonly skipped: number;
}

/**
 * The cloud as it runs in production: a hub, a PostgreSQL server, an API process, and as many worker processes as the
 * test starts. All of it are processes that can be killed or paused and started again.
 */
export class Cluster {
  readonly broker: Broker;
  readonly postgres: Postgres;
  readonly databaseUrl: string;
  readonly api: CloudApi;
  readonly journal: PartitionJournal;
  readonly #database: pg.Pool;
  readonly #workerEnv: WorkerEnv;
  readonly #workers: Program[] = [];

  constructor(parts: {
    readonly broker: Broker;
    readonly postgres: Postgres;
    readonly databaseUrl: string;
    readonly api: CloudApi;
    readonly journal: PartitionJournal;
    readonly database: pg.Pool;
    readonly workerEnv: WorkerEnv;
  }) {
    this.broker = parts.broker;
    this.postgres = parts.postgres;
    this.databaseUrl = parts.databaseUrl;
    this.api = parts.api;
    this.journal = parts.journal;
    this.#database = parts.database;
    this.#workerEnv = parts.workerEnv;
    onTestFailed(() => this.#tellWhatWorkersSaid());
  }

  /** Starts one more worker process. Its connections to the database bear the name that `nameOf` tells. */
  startWorker(env: Readonly<Record<string, string>> = {}): Program {
    const name = `worker-${this.#workers.length}`;
    const url = new URL(this.#workerEnv.TASHIKA_CLOUD_STORE_URL);
    url.searchParams.set('application_name', name);
    const worker = new Program('cloud/dist/main.js', ['worker'], {
      ...this.#workerEnv,
      TASHIKA_CLOUD_STORE_URL: url.href,
      ...env,
    });
    this.#workers.push(worker);
    return worker;
  }

  nameOf(worker: Program): string {
    return `worker-${this.#workers.indexOf(worker)}`;
  }

  send(events: readonly HubEvent[]): Promise<void> {
    return sendToHub(this.broker.send, this.broker.hub, events);
  }

  /**
   * Sends them in so many parts, each when those before it are committed. So there are at least as many commits,
   * however much of what waits the workers take at once. The first events of the hub must be these.
   */
  async sendInParts(events: readonly HubEvent[], parts: number): Promise<void> {
    for (let part = 0; part < parts; part++) {
      const [from, to] = [part, part + 1].map((edge) => Math.floor((edge * events.length) / parts));
      await this.send(events.slice(from, to));
      await this.reached(to!);
    }
  }

  async query<Row extends pg.QueryResultRow>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return (await this.#database.query<Row>(sql, [...parameters])).rows;
  }

  /** Keeps everybody from writing to a table until the answer is called; reading goes on. */
  async lockTable(table: string): Promise<() => Promise<void>> {
    const client = new pg.Client({ connectionString: this.databaseUrl });
    client.on('error', () => {}); // the server may end before it
    const letGo = () => client.end().catch(() => {});
    onTestFinished(letGo);
    await client.connect();
    await client.query('BEGIN');
    await client.query(`LOCK TABLE ${table} IN EXCLUSIVE MODE`);
    return letGo;
  }

  /** What the hub says of its partitions, in the order of their ids. */
  hubPartitions(): Promise<PartitionProperties[]> {
    return partitionsOf(this.broker.listen, this.broker.hub);
  }

  /** What the store has of them, in the same order. */
  partitions(): Promise<PartitionRow[]> {
    return this.query<PartitionRow>(
      `SELECT partition_id, owner_id, sequence_number::float8 AS position, events::float8, skipped::float8
         FROM partition ORDER BY length(partition_id), partition_id`,
    );
  }

  /** The partitions that a worker owns by the store's word. */
  async ownedBy(worker: Program): Promise<string[]> {
    const owned = (await this.partitions()).filter(({ owner_id }) => isOwnerOf(owner_id, worker));
    return owned.map(({ partition_id }) => partition_id);
  }

  /** Events committed so far. */
  async committed(): Promise<number> {
    return (await this.partitions()).reduce((sum, { events }) => sum + events, 0);
  }

  /** Waits until so many events have been committed. */
  async reached(events: number, deadlineMs = 60_000): Promise<void> {
    await until(`${events} events committed`, async () => (await this.committed()) >= events, deadlineMs);
  }

  /** Waits until the checkpoint of every partition is at the last event that the hub has. */
  async settled(deadlineMs = 90_000): Promise<void> {
    const hub = await this.hubPartitions();
    await until(
      'everything in the hub to be committed',
      async () => {
        const positions = new Map((await this.partitions()).map((row) => [row.partition_id, row.position ?? -1]));
        const open = hub.filter(
          ({ partitionId, lastEnqueuedSequenceNumber: last }) => (positions.get(partitionId) ?? -1) < last,
        );
        if (open.length === 0) return true;
        throw new Error(
          open
            .map(({ partitionId: id, lastEnqueuedSequenceNumber: last }) => `${id}: ${positions.get(id)} of ${last}`)
            .join(', '),
        );
      },
      deadlineMs,
    );
  }

  /** Asserts that all that was sent is counted exactly once, and that each checkpoint was moved by its owner alone. */
  async assertExact(expected: Expected, deadLetters: Readonly<Record<string, number>> = {}): Promise<void> {
    await assertCounted({ api: this.api, values: await this.#values(), deadLetters }, expected, `seed ${SEED}`);
    await this.journal.assertFenced((owner) => {
      const worker = this.#workers.find((each) => isOwnerOf(owner, each));
      return worker && this.nameOf(worker);
    });
  }

  async #values(): Promise<WindowSums> {
    const rows = await this.query<{ window_end: Date; region: string; sum: number }>(
      'SELECT window_end, region, sum FROM window_value WHERE sensor = $1',
      [SENSOR],
    );
    const sums = new WindowSums(1); // by the end that the store has, whatever the windows' length
    for (const { window_end, region, sum } of rows) sums.took(region, window_end.getTime(), sum);
    return sums;
  }

  #tellWhatWorkersSaid(): void {
    for (const { pid, output, errors } of this.#workers)
      console.error(`seed ${SEED}; worker ${pid} said last:\n${output.slice(-3_000)}${errors.slice(-1_000)}`);
  }
}

/** A worker's owner ids have its process id between host name and a random part. */
function isOwnerOf(owner: string, worker: Program): boolean {
  return owner.split('-').at(-2) === String(worker.pid);
}
