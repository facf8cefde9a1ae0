import { join } from 'node:path';
import pg from 'pg';
import { onTestFinished } from 'vitest';
import { Broker } from './broker.ts';
import { CloudApi } from './cloud-api.ts';
import { Cluster } from './cluster.ts';
import { temporaryDirectory } from './directory.ts';
import { PartitionJournal } from './partition-journal.ts';
import { freePort } from './port.ts';
import { type Postgres, startPostgres } from './postgres.ts';
import { Program } from './program.ts';
import { until } from './until.ts';

const HUB = 'telemetry';

export interface ClusterOptions {
  readonly partitions?: number;
  /** Whether a COMMIT waits for the disk, as in production. Default: false, for speed. */
  readonly fsync?: boolean;
  /** Added to the environment of the API and of every worker. */
  readonly env?: Readonly<Record<string, string>>;
  /** Added to the broker's command line. */
  readonly brokerArgs?: readonly string[];
  /** What the workers connect to instead of the database itself, such as a proxy's address. */
  readonly databaseUrlForWorkers?: (databaseUrl: string) => Promise<string> | string;
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
    ownPostgres(options.fsync ?? false),
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
    TASHIKA_CLOUD_WORKER_PORT: '0',
    ...QUICK,
    ...options.env,
  };
  const program = new Program('cloud/dist/main.js', ['api'], { ...forAll, TASHIKA_CLOUD_API_PORT: String(apiPort) });
  const api = new CloudApi(`http://127.0.0.1:${apiPort}`);
  await until('the API to answer', () =>
    program.running ? api.answers() : Promise.reject(new Error(`${program.output}${program.errors}`)),
  );
  const forWorkers = (await options.databaseUrlForWorkers?.(databaseUrl)) ?? databaseUrl;
  const workerEnv = { ...forAll, TASHIKA_CLOUD_STORE_URL: forWorkers };
  const database = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  database.on('error', () => {}); // tests end the server under it
  onTestFinished(() => database.end());
  const journal = await PartitionJournal.open(database);
  return new Cluster({ broker, postgres, databaseUrl, api, journal, database, workerEnv });
}

async function ownPostgres(fsync: boolean): Promise<Postgres> {
  const directory = temporaryDirectory();
  const postgres = await startPostgres({ directory, settings: { fsync: fsync ? 'on' : 'off' } });
  onTestFinished(() => postgres.stop());
  return postgres;
}
