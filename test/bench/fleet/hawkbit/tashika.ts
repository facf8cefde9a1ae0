import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeThrowawaySigner } from '@tashika/cloud/fleet/registry/signature';
import { openStore, type Store } from '@tashika/cloud/store';
import { SimulatedServer, simulatedImage } from '@tashika/deploy/local/updating-fleet';
import { systemClock } from '@tashika/shared/time';
import { request } from 'undici';
import { until } from '../../../rig/until.ts';
import { freePort, type Scene } from '../../scene.ts';
import { tokenOf } from '../poll-load.ts';
import type { KnownDevices, MeasuredServer } from './measured.ts';

const TENANT = 'tashika';
const BOARD = 'bench';
const VERSION = '1.1.0';
const BEFORE = '1.0.0';
/** As often as hawkBit looks at its rollouts. */
const TICK_MS = 2_000;
const MINUTE_MS = 60_000;
const BY = 'bench';

/** Our API process on a database of its own, with an image in its registry. */
export class Tashika implements MeasuredServer {
  readonly name = 'Tashika';
  readonly tenant = TENANT;

  private constructor(
    readonly base: string,
    readonly process: MeasuredServer['process'],
    readonly store: Store,
  ) {}

  static async start(scene: Scene, database: string): Promise<Tashika> {
    const store = await openStore(database, { logger: silent });
    const bundles = `folder:${join(scene.directory, 'bundles')}`;
    await bringInImage(store, scene.directory, bundles);
    const port = await freePort();
    const process = scene.spawn('cloud/dist/main.js', ['api'], {
      TASHIKA_CLOUD_STORE_URL: database,
      TASHIKA_CLOUD_API_PORT: String(port),
      TASHIKA_CLOUD_LOG_LEVEL: 'error',
      TASHIKA_CLOUD_FLEET_BUNDLES: bundles,
      TASHIKA_CLOUD_FLEET_TENANT: TENANT,
      TASHIKA_CLOUD_FLEET_TICK_MS: String(TICK_MS),
    });
    const base = `http://127.0.0.1:${port}`;
    await until('the API', async () => (await fetch(`${base}/api/health`)).ok);
    return new Tashika(base, process, store);
  }

  async addDevices({ prefix, count }: KnownDevices): Promise<void> {
    await this.store.query(
      `INSERT INTO fleet_device (tenant, controller_id, token_sha256, board, tags, agent_version, attributes_at, first_poll, last_poll)
       SELECT $1, $2 || '-' || n, encode(sha256(($3 || n)::bytea), 'hex'), $4, ARRAY[$2], $5, now(), now(), 'epoch'
         FROM generate_series(0, $6::int - 1) AS n`,
      [TENANT, prefix, tokenOf(''), BOARD, BEFORE, count],
    );
    await this.store.script('VACUUM (ANALYZE) fleet_device');
  }

  /** Plans a rollout of the image and starts it; it halts where more than one in a hundred of a wave fails. */
  async rollOut(id: string, { prefix }: KnownDevices, waves: readonly number[]): Promise<string> {
    await this.#ask('POST', '/api/fleet/rollouts', {
      ...{ id, image: `agent/${VERSION}`, target: { tags: [prefix] }, waves: waves.map((devices) => ({ devices })) },
      ...{ soakMinutes: 720, gate: { mostFailed: 0.01 }, by: BY },
    });
    await this.#ask('POST', `/api/fleet/rollouts/${id}/start`, { by: BY });
    return id;
  }

  async state(rollout: string): Promise<string> {
    return ((await this.#ask('GET', `/api/fleet/rollouts/${rollout}`)) as { state: string }).state;
  }

  async #ask(method: 'GET' | 'POST', path: string, content?: object): Promise<unknown> {
    const { statusCode, body } = await request(this.base + path, {
      method,
      ...(content && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(content) }),
    });
    const text = await body.text();
    if (statusCode >= 300) throw new Error(`${method} ${path} was answered ${statusCode}: ${text.slice(0, 300)}`);
    return JSON.parse(text);
  }
}

async function bringInImage(store: Store, directory: string, bundles: string): Promise<void> {
  const signer = makeThrowawaySigner('bench');
  const keyringFile = join(directory, 'keyring.pem');
  mkdirSync(directory, { recursive: true });
  writeFileSync(keyringFile, signer.caPem);
  const server = await SimulatedServer.open({
    ...{ store, clock: systemClock, bundles, keyringFile, tenant: TENANT, preSharedKey: 'of no Beam' },
    ...{ sampleMs: 10 * MINUTE_MS, pollMs: 5 * MINUTE_MS },
  });
  const common = { parent: null, boards: [BOARD], signer, builtAt: systemClock.now() };
  await server.bringIn(simulatedImage({ ...common, version: VERSION, payload: 'an agent\n' }));
  await server.close();
}

const silent = { debug() {}, info() {}, warn() {}, error: console.error };
