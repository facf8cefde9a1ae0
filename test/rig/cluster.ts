import { join } from 'node:path';
import pg from 'pg';
import { expect, onTestFailed, onTestFinished } from 'vitest';
import { Broker } from './broker.ts';
import { CloudApi } from './cloud-api.ts';
import { temporaryDirectory } from './directory.ts';
import { partitionsOf, sendToHub } from './hub.ts';
import { freePort } from './port.ts';
import { type Postgres, startPostgres } from './postgres.ts';
import { Program } from './program.ts';
import { type Expected, SENSOR, type SentEvent } from './traffic.ts';
import { until } from './until.ts';
import { WindowSums } from './window-sums.ts';

const HUB = 'telemetry';

/** Seed of all randomness of these tests; TASHIKA_TEST_SEED tells another story. */
export const SEED = Number(process.env.TASHIKA_TEST_SEED ?? 2026);

export interface ClusterOptions {
  readonly partitions?: number;
  /** Added to the environment of every worker. */
  readonly workerEnv?: Readonly<Record<string, string>>;
  /** Added to the broker's command line. */
  readonly brokerArgs?: readonly string[];
  /** What the workers connect to instead of the database itself, such as a proxy's address. */
  readonly databaseUrlForWorkers?: (databaseUrl: string) => Promise<string> | string;
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
  readonly #database: pg.Pool;
  readonly #workerEnv: Readonly<Record<string, string>>;
  readonly #workers: Program[] = [];

  constructor(parts: {
    readonly broker: Broker;
    readonly postgres: Postgres;
    readonly databaseUrl: string;
    readonly api: CloudApi;
    readonly workerEnv: Readonly<Record<string, string>>;
  }) {
    this.broker = parts.broker;
    this.postgres = parts.postgres;
    this.databaseUrl = parts.databaseUrl;
    this.api = parts.api;
    this.#workerEnv = parts.workerEnv;
    this.#database = new pg.Pool({ connectionString: parts.databaseUrl, max: 2 });
    this.#database.on('error', () => {}); // tests end the server under it
    onTestFinished(() => this.#database.end());
    onTestFailed(() => this.#tellWhatWorkersSaid());
  }

  /** Starts one more worker process. */
  startWorker(env: Readonly<Record<string, string>> = {}): Program {
    const worker = new Program('cloud/dist/main.js', ['worker'], { ...this.#workerEnv, ...env });
    this.#workers.push(worker);
    return worker;
  }

  send(events: readonly SentEvent[]): Promise<void> {
    return sendToHub(this.broker.send, HUB, events);
  }

  async query<Row extends pg.QueryResultRow>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return (await this.#database.query<Row>(sql, [...parameters])).rows;
  }

  partitions(): Promise<PartitionRow[]> {
    return this.query<PartitionRow>(
      `SELECT partition_id, owner_id, sequence_number::float8 AS position, events::float8, skipped::float8
         FROM partition ORDER BY length(partition_id), partition_id`,
    );
  }

  /** The partitions that a worker owns by the store's word. */
  async ownedBy(worker: Program): Promise<string[]> {
    const owned = (await this.partitions()).filter((row) => row.owner_id.includes(`-${worker.pid}-`));
    return owned.map((row) => row.partition_id);
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
    const hub = await partitionsOf(this.broker.listen, HUB);
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

  /**
   * Asserts the promise: per (window, region) the readings and the sums of their values are those that were taken,
   * every stream is one whole range, what came again was not counted, and nothing was set aside.
   */
  async assertExact(expected: Expected, deadLetters: Readonly<Record<string, number>> = {}): Promise<void> {
    const seed = `seed ${SEED}`;
    const windows = await this.api.windows(`?from=0`);
    expect(WindowSums.of(windows).toJSON(), seed).toEqual(expected.windows.toJSON());
    expect(await this.#values(), seed).toEqual(expected.values.toJSON());
    expect(
      windows.reduce((sum, { events }) => sum + events, 0),
      seed,
    ).toBe(expected.posts);
    expect(await this.#streams(), seed).toEqual(
      Object.fromEntries(
        [...expected.streams].sort().map(([key, n]) => [key, { received: n, through: n, missing: [], lost: 0 }]),
      ),
    );
    const counted = {
      events: await this.api.metric('tashika_events_total'),
      readings: await this.api.metric('tashika_readings_total'),
      duplicates: await this.api.metric('tashika_duplicate_readings_total'),
      deadLetters: (await this.api.deadLetters()).counts,
    };
    const { events, readings, duplicates } = expected;
    expect(counted, seed).toEqual({ events, readings, duplicates, deadLetters });
  }

  async #values(): Promise<Record<string, number>> {
    const rows = await this.query<{ window_end: Date; region: string; sum: number }>(
      'SELECT window_end, region, sum FROM window_value WHERE sensor = $1',
      [SENSOR],
    );
    const sums = new WindowSums();
    for (const { window_end, region, sum } of rows) sums.took(region, window_end.getTime(), sum);
    return sums.toJSON();
  }

  async #streams(): Promise<Record<string, object>> {
    const devices = await this.api.devices();
    const streams = devices.flatMap(({ imsi, streams }) =>
      streams.map(({ stream, received, through, missing, lost }): [string, object] => [
        `${imsi}/${stream}`,
        { received, through, missing, lost },
      ]),
    );
    return Object.fromEntries(streams.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #tellWhatWorkersSaid(): void {
    for (const { pid, output, errors } of this.#workers)
      console.error(`seed ${SEED}; worker ${pid} said last:\n${output.slice(-3_000)}${errors.slice(-1_000)}`);
  }
}

/** Quick load balancing, so that what expires does so within a test; batches that are many commits. */
const QUICK = {
  TASHIKA_CLOUD_INGEST_MAX_BATCH_SIZE: '100',
  TASHIKA_CLOUD_INGEST_MAX_WAIT_MS: '200',
  TASHIKA_CLOUD_INGEST_LOAD_BALANCING_INTERVAL_MS: '300',
  TASHIKA_CLOUD_INGEST_OWNERSHIP_EXPIRATION_MS: '2000',
};

/** Starts hub, database and API; no worker yet. All of it ends with the test. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const [postgres, broker, apiPort] = await Promise.all([
    startPostgres(),
    Broker.start({
      dataDirectory: join(temporaryDirectory(), 'event-hubs'),
      hub: HUB,
      partitions: options.partitions ?? 4,
      ...(options.brokerArgs && { args: options.brokerArgs }),
    }),
    freePort(),
  ]);
  const databaseUrl = await postgres.createDatabase();
  const forAll = {
    TASHIKA_CLOUD_EVENT_HUBS_CONNECTION_STRING: broker.listen,
    TASHIKA_CLOUD_EVENT_HUBS_HUB: HUB,
    TASHIKA_CLOUD_STORE_URL: databaseUrl,
  };
  const program = new Program('cloud/dist/main.js', ['api'], { ...forAll, TASHIKA_CLOUD_API_PORT: String(apiPort) });
  const api = new CloudApi(`http://127.0.0.1:${apiPort}`);
  await until('the API to answer', () =>
    program.running ? api.answers() : Promise.reject(new Error(`${program.output}${program.errors}`)),
  );
  const forWorkers = (await options.databaseUrlForWorkers?.(databaseUrl)) ?? databaseUrl;
  const workerEnv = { ...forAll, TASHIKA_CLOUD_STORE_URL: forWorkers, ...QUICK, ...options.workerEnv };
  return new Cluster({ broker, postgres, databaseUrl, api, workerEnv });
}
