// A link's token ends while the link lives, and what renews it asks an endpoint that may be away just then.
import { describe, expect, it } from 'vitest';
import { localCertificate } from '../rig/certificate.ts';
import { IdentityEndpoint, RECEIVER, SENDER, STRANGER } from '../rig/identity-endpoint.ts';
import {
  type Cluster,
  expectedOf,
  freePort,
  haveCommand,
  type Program,
  SEED,
  startCluster,
  traffic,
  until,
} from '../rig/index.ts';

/** Half of it is left at most when the next token comes. */
const LIFETIME_MS = 6_000;

interface Scene {
  readonly cluster: Cluster;
  readonly endpoint: IdentityEndpoint;
  /** Starts a worker that reads as this identity. */
  startWorker(clientId: string): Program;
}

async function startScene(): Promise<Scene> {
  const endpoint = await IdentityEndpoint.start(LIFETIME_MS);
  const [{ certFile, keyFile }, tlsPort] = [localCertificate(), await freePort()];
  const cluster = await startCluster({
    brokerArgs: [
      ...['--tls-port', String(tlsPort), '--tls-cert', certFile, '--tls-key', keyFile],
      ...['--identities', endpoint.identitiesFile()],
    ],
    env: { TASHIKA_CLOUD_EVENT_HUBS_NAMESPACE: 'one-hub-two-ways' },
  });
  return {
    cluster,
    endpoint,
    startWorker: (clientId) =>
      cluster.startWorker({
        ...endpoint.env,
        NODE_EXTRA_CA_CERTS: certFile,
        TASHIKA_CLOUD_EVENT_HUBS_CONNECTION_STRING: '',
        TASHIKA_CLOUD_EVENT_HUBS_AUTH: 'managed-identity',
        TASHIKA_CLOUD_EVENT_HUBS_FULLY_QUALIFIED_NAMESPACE: `localhost:${tlsPort}`,
        TASHIKA_CLOUD_EVENT_HUBS_AZURE_CLIENT_ID: clientId,
      }),
  };
}

async function untilTold(cluster: Cluster, detail: string): Promise<string> {
  const told = await until(`the API to tell of ${detail}`, async () =>
    (await cluster.api.ready()).conditions.find((condition) => condition.detail.includes(detail)),
  );
  return told.detail;
}

async function untilReady(cluster: Cluster): Promise<void> {
  await until('the API to be ready', async () => (await cluster.api.ready()).conditions.length === 0);
}

describe.skipIf(!haveCommand('openssl'))('a worker with a managed identity (needs openssl)', () => {
  it('takes over from one with a key, and counts on while tokens end and while there is none', async () => {
    const { cluster, endpoint, startWorker } = await startScene();
    const events = traffic({ seed: SEED, name: 'tokens', partitions: 4, sims: 20, posts: 15 });
    const [quarter, half] = [Math.floor(events.length / 4), Math.floor(events.length / 2)];
    await cluster.send(events.slice(0, quarter));
    const withKey = cluster.startWorker();
    await cluster.reached(quarter);
    expect(await withKey.stop()).toBe(0);

    const worker = startWorker(RECEIVER);
    await untilReady(cluster);
    const links = () => worker.output.match(/Event Hubs reports an error/g)?.length ?? 0;
    for (let at = quarter; at < half; at += 50) {
      const tokens = endpoint.issued.length;
      await cluster.send(events.slice(at, Math.min(at + 50, half)));
      await cluster.reached(Math.min(at + 50, half));
      if (endpoint.issued.length < 3) await until('another token', () => endpoint.issued.length > tokens);
    }
    expect(links()).toBe(0);

    // Away at a renewal, and back before the token ends: nobody has to know but the log.
    const asked = endpoint.asked;
    endpoint.goAway();
    await until('it to be asked in vain', () => endpoint.asked >= asked + 2);
    endpoint.comeBack();
    const tokens = endpoint.issued.length;
    await until('a token again', () => endpoint.issued.length > tokens);
    expect(worker.output).toContain('the one in use serves until its end');
    expect(worker.output).toContain('Azure gives tokens for Event Hubs again');

    // Away for longer than a token is good: the hub ends the links.
    endpoint.goAway();
    const stopSending = keepSending(cluster, events.slice(half, half + quarter));
    expect(await untilTold(cluster, 'EVENT_HUBS_UNREACHABLE')).toContain('managed identities');
    endpoint.comeBack();
    await untilReady(cluster);
    await stopSending();
    await cluster.send(events.slice(half + quarter));
    await cluster.settled();
    await cluster.assertExact(expectedOf(events));
    expect(await worker.stop()).toBe(0);
    for (const token of endpoint.issued) expect(worker.output + worker.errors).not.toContain(token);
  });

  it('is told which role it lacks, or that it is not assigned, and another reads meanwhile', async () => {
    const { cluster, startWorker } = await startScene();
    const events = traffic({ seed: SEED, name: 'unread', partitions: 4, sims: 20, posts: 5 });
    await cluster.send(events);
    for (const clientId of [SENDER, STRANGER]) {
      const refused = startWorker(clientId);
      const told = await untilTold(cluster, 'EVENT_HUBS_UNAUTHORIZED');
      expect(told).toContain(clientId);
      expect(told).toContain('role Azure Event Hubs Data Receiver on the event hub telemetry of localhost:');
      expect(await cluster.ownedBy(refused)).toEqual([]);
      expect(await refused.stop()).toBe(0);
    }
    const unknown = startWorker('22222222-0000-4000-8000-000000000000');
    const told = await untilTold(cluster, '22222222-0000-4000-8000-000000000000');
    expect(told).toContain('Unable to load the proper Managed Identity');
    expect(told).toContain('eventHubs.azureClientId');
    expect(await unknown.stop()).toBe(0);

    startWorker(RECEIVER);
    await cluster.settled();
    await untilReady(cluster);
    await cluster.assertExact(expectedOf(events));
  });
});

/** Sends ten events at a time, each when those before it are in the hub. */
function keepSending(cluster: Cluster, events: Parameters<Cluster['send']>[0]): () => Promise<void> {
  const sending = (async () => {
    for (let at = 0; at < events.length; at += 10) await cluster.send(events.slice(at, at + 10));
  })();
  return () => sending;
}
