import { randomBytes } from 'node:crypto';
import { TestClock } from '@tashika/shared/time';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { Updaters } from '../../../fleet/ddi/index.ts';
import { addAction, addFleetDevice, addImage, memoryBundles } from '../../../fleet/ddi/testing/index.ts';
import { signatureOf } from '../../../receipts/index.ts';
import { openMemoryStore } from '../../../store/testing/memory-store.ts';
import { openApiOver } from '../../testing/open.ts';

export const NOW = Date.UTC(2026, 0, 31, 12);
export const POLL_MS = 300_000;
export const GATEWAY_HEADERS = { authorization: 'GatewayToken gateway-token-of-all' };
export const beam = { preSharedKeys: ['mysecretkey'], toleranceMs: 300_000 };
export const logger = pino({ level: 'silent' });

interface Asking {
  readonly method?: 'GET' | 'HEAD' | 'PUT' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly payload?: object | string;
  readonly app?: FastifyInstance;
}

/** The API with its updaters over a store of its own, an image to install, and devices that ask; `close` it at the end. */
export async function openUpdaterScene() {
  const clock = new TestClock(NOW);
  const bundle = randomBytes(200_000);
  const store = await openMemoryStore({ logger });
  const image = await addImage(store, bundle);
  const bundles = new Map([[image.bundle.sha256, bundle]]);
  const app = await openUpdaters();
  let devices = 0;
  const newId = () => `gateway-${++devices}`;

  /** As one process of several serves them. */
  function openUpdaters(): Promise<FastifyInstance> {
    const updaters = new Updaters({
      ...{ store, clock, logger, beam, pollMs: POLL_MS, bundles: memoryBundles(bundles) },
      tenant: 'tashika',
      gatewayToken: 'gateway-token-of-all',
    });
    return openApiOver(store, { clock, beam, updaters: { updaters, forwardedHosts: ['beam.soracom.io:18080'] } });
  }

  async function ask(
    path: string,
    { method = 'GET', headers = GATEWAY_HEADERS, payload, app: asked = app }: Asking = {},
  ) {
    const url = path.startsWith('/') ? path : `/tashika/controller/v1/${path}`;
    const answer = await asked.inject({ method, url, headers, ...(payload !== undefined && { payload }) });
    const type = String(answer.headers['content-type']);
    return {
      status: answer.statusCode,
      headers: answer.headers,
      bytes: answer.rawPayload,
      body: type.includes('json') && method !== 'HEAD' ? answer.json() : undefined,
    };
  }

  function signed(imsi: string, at = clock.now()) {
    const headers = {
      'x-soracom-imsi': imsi,
      'x-soracom-timestamp': String(at),
      'x-soracom-signature-version': '20151001',
    };
    return { ...headers, 'x-soracom-signature': signatureOf('mysecretkey', headers).toString('hex') };
  }

  async function rowOf(controllerId: string) {
    const [row] = await store.query<Record<string, unknown>>('SELECT * FROM fleet_device WHERE controller_id = $1', [
      controllerId,
    ]);
    return row;
  }

  async function auditOf(controllerId: string) {
    const rows = await store.query<{ event: string }>('SELECT event FROM fleet_audit WHERE subject = $1 ORDER BY id', [
      `device:${controllerId}`,
    ]);
    return rows.map(({ event }) => event);
  }

  async function actionRow(id: number) {
    const [row] = await store.query<Record<string, unknown>>('SELECT * FROM deployment_action WHERE id = $1', [id]);
    return row!;
  }

  /** A device with something to install. */
  async function offered(options: Partial<Parameters<typeof addAction>[1]> = {}) {
    const controllerId = newId();
    await addFleetDevice(store, { controllerId });
    const id = await addAction(store, { controllerId, image, ...options });
    const artifact = `${controllerId}/deploymentBase/${id}/artifacts/${image.bundle.filename}`;
    const feedback = (execution: string, finished = 'none', details: string[] = [], of = 'deploymentBase') =>
      ask(`${controllerId}/${of}/${id}/feedback`, {
        method: 'POST',
        payload: { id: String(id), time: '20260131T120000', status: { execution, result: { finished }, details } },
      });
    return { controllerId, id, artifact, feedback };
  }

  return {
    ...{ store, app, clock, image, bundle, bundles },
    ...{ openUpdaters, ask, signed, rowOf, auditOf, actionRow, offered, newId },
    newImsi: () => String(295_000_000_000_000 + ++devices),
    withToken: (token: string) => ({ authorization: `TargetToken ${token}` }),
    /** Wall time alone: nobody waits for a timer. */
    later: (ms: number) => clock.setWall(clock.now() + ms),
    async close() {
      await app.close();
      await store.close();
    },
  };
}
