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
  it('takes over from one with a key if it has the role, and counts on while tokens end and while there is none', async () => {
    const { cluster, endpoint, startWorker } = await startScene();
    const events = traffic({ seed: SEED, name: 'tokens', partitions: 4, sims: 20, posts: 15 });
    const [quarter, half] = [Math.floor(events.length / 4), Math.floor(events.length / 2)];
    await cluster.send(events.slice(0, quarter));
    const withKey = cluster.startWorker();
    const refused = [SENDER, STRANGER].map((clientId) => ({ clientId, program: startWorker(clientId) }));
    for (const { clientId, program } of refused) {
      const [told] = await program.printed(/"code":"EVENT_HUBS_UNAUTHORIZED".*/);
      expect(told).toContain(clientId);
      expect(told).toContain('role Azure Event Hubs Data Receiver on the event hub telemetry of localhost:');
    }
    await cluster.reached(quarter);
    expect(await cluster.ownedBy(withKey)).toHaveLength(4);
    for (const each of [withKey, ...refused.map(({ program }) => program)]) expect(await each.stop()).toBe(0);

    const before = endpoint.issued.length;
    const worker = startWorker(RECEIVER);
    await untilReady(cluster);
    for (let at = quarter; at < half; at += 25) {
      const tokens = endpoint.issued.length;
      await cluster.send(events.slice(at, Math.min(at + 25, half)));
      await cluster.reached(Math.min(at + 25, half));
      if (tokens < before + 4) await until('another token', () => endpoint.issued.length > tokens);
    }
    expect(endpoint.issued.length).toBeGreaterThan(before + 3); // the first has ended

    // Away at a renewal, and back before the token ends: nobody has to know but the log.
    const asked = endpoint.asked;
    endpoint.goAway();
    await until('it to be asked in vain', () => endpoint.asked >= asked + 2);
    endpoint.comeBack();
    await worker.printed(/the one in use serves until its end/);
    await worker.printed(/Azure gives tokens for Event Hubs again/);

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
});

/** Sends ten events at a time, each when those before it are in the hub. */
function keepSending(cluster: Cluster, events: Parameters<Cluster['send']>[0]): () => Promise<void> {
  const sending = (async () => {
    for (let at = 0; at < events.length; at += 10) await cluster.send(events.slice(at, at + 10));
  })();
  sending.catch(() => {}); // who stops it is told; a test that has failed before does not
  return () => sending;
}
