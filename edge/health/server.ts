import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TashikaError } from '@tashika/shared/errors';
import { createServer } from '../http/index.ts';
import { type AgentFigures, agentMetrics } from './metrics.ts';

export interface HealthServer {
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * Serves `/health` and `/metrics`.
 *
 * @throws TashikaError `PORT_BUSY`
 */
export async function startHealth(
  address: { readonly host: string; readonly port: number },
  figures: () => AgentFigures,
): Promise<HealthServer> {
  const registry = agentMetrics(figures);
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    if (request.method !== 'GET') return answer(response, 405, 'text/plain', 'Only GET.\n');
    if (path === '/health')
      return answer(response, 200, 'application/json', `${JSON.stringify(healthOf(figures()))}\n`);
    if (path !== '/metrics') return answer(response, 404, 'text/plain', 'There are /health and /metrics.\n');
    registry.metrics().then(
      (text) => answer(response, 200, registry.contentType, text),
      (error) => answer(response, 500, 'text/plain', `${error}\n`),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new TashikaError(
              'PORT_BUSY',
              `Port ${address.port} of ${address.host} is busy. Set health.port (TASHIKA_EDGE_HEALTH_PORT) to another.`,
              { cause: error },
            )
          : error,
      ),
    );
    server.listen(address.port, address.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** `degraded` is worth a look; the agent runs on, so it is still an answer 200. */
function healthOf({
  provisioning,
  region,
  synced,
  refused,
  spool,
  uplink,
  sensors,
  receipts,
  update,
}: AgentFigures): object {
  const troubled =
    provisioning?.refused !== undefined ||
    spool.diskRefuses ||
    spool.writeBudgetSpent ||
    region === undefined ||
    [...sensors.values()].some(({ state }) => state === 'failed');
  return {
    status: troubled || uplink.failuresInRow > 0 || (receipts?.failuresInRow ?? 0) > 0 ? 'degraded' : 'ok',
    userData: provisioning ? { hash: provisioning.hash ?? null, refused: provisioning.refused ?? null } : null,
    region: region ?? null,
    clock: synced ? 'synced' : 'not-synced',
    spool,
    uplink: { ...uplink, lastAcceptedAt: uplink.lastAcceptedAt ? new Date(uplink.lastAcceptedAt).toISOString() : null },
    receipts: receipts
      ? { ...receipts, lastReceiptAt: receipts.lastReceiptAt ? new Date(receipts.lastReceiptAt).toISOString() : null }
      : null,
    update: update
      ? {
          ...{ ...update, action: update.action ?? null, last: update.last ?? null },
          lastStepAt: update.lastStepAt === undefined ? null : new Date(update.lastStepAt).toISOString(),
          bytesToday: update.bytesToday ?? null,
        }
      : null,
    refused,
    sensors: Object.fromEntries(sensors),
    rssBytes: process.memoryUsage.rss(),
  };
}

function answer(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, { 'content-type': contentType }).end(body);
}
