import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { addImage } from '@tashika/cloud/fleet/ddi/testing';
import { openStore, type Store } from '@tashika/cloud/store';
import { until } from '../../rig/until.ts';
import { startPostgres } from '../postgres.ts';
import { cpuSeconds, load as loadAverage, residentBytes } from '../process.ts';
import { atLeast, below, quantile, type Result, told } from '../result.ts';
import { freePort, type Scene } from '../scene.ts';
import { type PollLoad, poll, withToken } from './poll-load.ts';

const DEVICES = 10_000;
/** As many as a rollout has under way at once. */
const OFFERED = 200;
const CONNECTIONS = 64;
/** After an outage, devices do not wait for each other. */
const CONNECTIONS_IN_A_RUSH = 512;
const KEY = 'the key that Beam signs with';
const logger = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * Polls of ten thousand known devices at one API process on a durable PostgreSQL, from this process: all of them once,
 * as after an outage, and then as fast as they are answered. Half of them come with tokens of their own, half by Beam's
 * signature; 200 have something to install.
 */
export async function polls(scene: Scene, seconds: number): Promise<readonly Result[]> {
  const server = await startPostgres(scene.directory);
  const url = await server.createDatabase();
  const store = await openStore(url, { logger });
  try {
    await seed(store);
    const port = await freePort();
    const api = scene.spawn('cloud/dist/main.js', ['api'], {
      TASHIKA_CLOUD_STORE_URL: url,
      TASHIKA_CLOUD_API_PORT: String(port),
      TASHIKA_CLOUD_LOG_LEVEL: 'error',
      TASHIKA_CLOUD_BEAM_PRE_SHARED_KEY: KEY,
      TASHIKA_CLOUD_FLEET_BUNDLES: `folder:${join(scene.directory, 'bundles')}`,
    });
    const base = `http://127.0.0.1:${port}`;
    await until('the API', async () => (await fetch(`${base}/api/health`)).ok);
    const load: PollLoad = { base, tenant: 'tashika', devices: DEVICES, connections: CONNECTIONS, headersOf };
    const rush = await poll({ ...load, connections: CONNECTIONS_IN_A_RUSH }, DEVICES);
    if (rush.offered !== OFFERED) throw new Error(`${rush.offered} devices were offered something, not ${OFFERED}.`);
    const before = cpuSeconds(api.pid!);
    const full = await poll(load, Number.POSITIVE_INFINITY, seconds);
    const cpu = cpuSeconds(api.pid!) - before;
    const results = [
      atLeast('polls a second, one api process, 10,000 devices', full.took.length / full.seconds, 2_000, 'polls/s'),
      below('… p99', quantile(full.took, 0.99), 100, 'ms'),
      told('… p50', quantile(full.took, 0.5), 'ms'),
      told("… the process's CPU for a poll", (1e6 * cpu) / full.took.length, 'µs'),
      told('… its resident memory', residentBytes(api.pid!) / 2 ** 20, 'MiB'),
      told('all 10,000 once after a start, 512 at a time: time', rush.seconds, 's'),
      told('… p99', quantile(rush.took, 0.99), 'ms'),
      told('… load average of the machine beside it', loadAverage(), 'processes'),
    ];
    await scene.stop(api);
    const [row] = await store.query<{ unwritten: number }>(
      "SELECT count(*) AS unwritten FROM fleet_device WHERE last_poll = 'epoch'",
    );
    return [...results, told('devices whose poll was not written when the process ended', row!.unwritten, 'devices')];
  } finally {
    await store.close();
    await server.stop();
  }
}

async function seed(store: Store): Promise<void> {
  await addImage(store, Buffer.from('a bundle'));
  await store.query(
    `INSERT INTO fleet_device (tenant, controller_id, imsi, imsi_proved, token_sha256, attributes_at, first_poll, last_poll)
     SELECT 'tashika', 'gateway-' || n, '29500' || lpad(n::text, 10, '0'), n % 2 = 1,
            CASE WHEN n % 2 = 0 THEN encode(sha256(('token-of-' || n)::bytea), 'hex') END, now(), 'epoch', 'epoch'
       FROM generate_series(0, $1::int - 1) AS n`,
    [DEVICES],
  );
  await store.query(
    `INSERT INTO deployment_action (tenant, controller_id, rollout_id, purpose, kind, version, state, created_at)
     SELECT 'tashika', 'gateway-' || n, 'agent-1-5-0', 'update', 'agent', '1.5.0', 'open', now()
       FROM generate_series(0, $1::int - 1, $1::int / $2::int) AS n`,
    [DEVICES, OFFERED],
  );
  await store.script('VACUUM (ANALYZE) fleet_device');
}

function headersOf(device: number): Record<string, string> {
  if (device % 2 === 0) return withToken(device);
  const imsi = `29500${String(device).padStart(10, '0')}`;
  const at = Date.now();
  const signature = createHash('sha256').update(`${KEY}x-soracom-imsi=${imsi}x-soracom-timestamp=${at}`).digest('hex');
  return {
    'x-soracom-imsi': imsi,
    'x-soracom-timestamp': String(at),
    'x-soracom-signature': signature,
    'x-soracom-signature-version': '20151001',
  };
}
