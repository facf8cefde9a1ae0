import { createServer, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { earliestEventPosition } from '@azure/event-hubs';
import { systemClock, TestClock } from '@tashika/shared/time';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { startBeam } from '../beam/index.ts';
import { signedHeaders } from '../beam/signed-headers.ts';
import type { EventHubs } from '../event-hubs/index.ts';
import { consumerOf, readEvents, startRig } from '../event-hubs/rig.ts';
import { type Funnel, type FunnelOptions, startFunnel } from '../funnel/index.ts';
import { closed, listen, portOf } from '../listening/index.ts';
import { startMetadata } from '../metadata/index.ts';
import { type Sim, simIdOf, simOf } from '../sims/index.ts';
import {
  beamKeyOf,
  funnelGroupOf,
  metadataTagsOf,
  type SoracomApi,
  sharedAccessKeyOf,
  startSoracomApi,
  tellDeliveryError,
  userDataOf,
} from './index.ts';
import { Client } from './testing/index.ts';

const ADDRESS = '127.1.0.7';
const SIM = simOf(ADDRESS)!;

let api: SoracomApi;
let client: Client;
let groupId: string;

beforeEach(async () => {
  api = await startSoracomApi({ sims: [{ sim: SIM, tags: { pref: '04' } }] });
  onTestFinished(() => api.close());
  client = new Client(api);
  await client.logIn();
  groupId = (await client.ask('POST', '/groups', { body: { tags: { name: 'pi' } } })).body.groupId;
  await client.ask('POST', `/sims/${simIdOf(SIM)}/set_group`, { body: { groupId } });
});

async function configure(namespace: string, values: Readonly<Record<string, unknown>>): Promise<void> {
  const body = Object.entries(values).map(([key, value]) => ({ key, value }));
  const { status } = await client.ask('PUT', `/groups/${groupId}/configuration/${namespace}`, { body });
  expect(status).toBe(200);
}

/** An HTTP request of the SIM. */
function asSim(port: number, path: string, body?: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({
      ...{ port, path, localAddress: ADDRESS, agent: false, method: body === undefined ? 'GET' : 'POST' },
      headers: { 'content-type': 'application/json' },
    });
    sent.on('response', (response: IncomingMessage) =>
      text(response).then((heard) => resolve({ status: response.statusCode!, body: heard }), reject),
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

describe('Funnel', () => {
  let eventHubs: EventHubs;
  let posted: number;

  beforeEach(async () => {
    posted = 0;
    const partitions = { partitionCount: 2, consumerGroups: [] };
    // A key that is regenerated ends its links at once: what is on its way is refused.
    eventHubs = await startRig({
      hubs: [
        { name: 'telemetry', ...partitions },
        { name: 'alarms', ...partitions },
      ],
      regeneratedKeyMs: 0,
    });
    await storeKey('POST', eventHubs.keyOf('send', 'primary'));
    await configure('SoracomFunnel', {
      ...{ enabled: true, credentialsId: 'azure-eh', contentType: 'json' },
      destination: destination('telemetry'),
    });
  });

  const destination = (hub: string) => ({
    ...{ provider: 'azure', service: 'eventhubs' },
    resourceUrl: `https://tashika.servicebus.windows.net/${hub}/messages`,
  });

  async function storeKey(method: 'POST' | 'PUT', key: string): Promise<void> {
    const body = { type: 'azure-credentials', credentials: { policyName: 'send', key } };
    expect((await client.ask(method, '/credentials/azure-eh', { body })).status).toBeLessThan(300);
  }

  async function started(options: Partial<FunnelOptions> = {}): Promise<Funnel> {
    const funnel = await startFunnel({
      // The key in it is of no use: only the address counts.
      connectionString: eventHubs.connectionString('listen'),
      groupOf: (sim: Sim) => funnelGroupOf(api.state, sim),
      credentialOf: (id) => sharedAccessKeyOf(api.state, id, systemClock),
      onDeliveryError: (error) => tellDeliveryError(api.state, error, systemClock),
      ...options,
    });
    onTestFinished(async () => {
      await funnel.stop(0);
    });
    return funnel;
  }

  const post = async (funnel: Funnel) => (await asSim(funnel.httpPort, '/', `{"n":${++posted}}`)).status;
  const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

  /** The numbers of the posts in a hub, in order, each as often as it is there. */
  async function inHub(hub = 'telemetry'): Promise<readonly number[]> {
    const consumer = consumerOf(eventHubs, { hub });
    const found = [];
    for (const partition of await consumer.getPartitionIds()) {
      const { isEmpty, beginningSequenceNumber, lastEnqueuedSequenceNumber } =
        await consumer.getPartitionProperties(partition);
      const count = isEmpty ? 0 : lastEnqueuedSequenceNumber - beginningSequenceNumber + 1;
      if (count > 0) found.push(...(await readEvents(consumer, partition, earliestEventPosition, count)));
    }
    return found.map(({ body }) => body.payloads.n as number).sort((a, b) => a - b);
  }

  const errors = async () => (await client.all(`/logs?service=Funnel&resource_id=${SIM.imsi}`)).items;

  it('publishes with the stored key, to the hub of its destination', async () => {
    const funnel = await started();
    expect(await post(funnel)).toBe(204);
    await configure('SoracomFunnel', { destination: destination('alarms') });
    expect(await post(funnel)).toBe(204);
    expect([await inHub('telemetry'), await inHub('alarms')]).toEqual([[1], [2]]);
    expect((await client.ask('GET', '/credentials')).body[0].lastUsedDateTime).toBeGreaterThan(0);
    expect(await errors()).toEqual([]);
  });

  it('goes over to each new key under load, and no post is lost or doubled', async () => {
    const funnel = await started();
    let rotating = true;
    const answers: number[] = [];
    const senders = Array.from({ length: 8 }, async () => {
      while (rotating) answers.push(await post(funnel));
    });
    for (const [next, former] of [
      ['secondary', 'primary'],
      ['primary', 'secondary'],
      ['secondary', 'primary'],
    ] as const) {
      const before = answers.length;
      while (answers.length < before + 40) await new Promise(setImmediate);
      await storeKey('PUT', eventHubs.keyOf('send', next));
      await eventHubs.regenerateKey('send', former);
    }
    rotating = false;
    await Promise.all(senders);
    expect(new Set(answers)).toEqual(new Set([204]));
    expect(posted).toBeGreaterThanOrEqual(120);
    expect(await inHub()).toEqual(numbers(1, posted));
    expect(funnel.stats).toMatchObject({ taken: posted, published: posted, held: 0 });
  });

  it('holds posts while the key is refused, tells of each in the logs, and sends them with the right one', async () => {
    const funnel = await started({ holdMs: 60_000 });
    await eventHubs.regenerateKey('send', 'primary');
    const held = [post(funnel), post(funnel)];
    while ((await errors()).length < 2) await new Promise(setImmediate);
    expect((await errors())[0]).toMatchObject({
      ...{ service: 'Funnel', resourceType: 'Subscriber', resourceId: SIM.imsi, logLevel: 'error' },
      body: { credentialsId: 'azure-eh', message: expect.stringMatching(/signature/i) },
    });
    expect(funnel.stats.held).toBe(2);
    await storeKey('PUT', eventHubs.keyOf('send', 'primary'));
    expect(await Promise.all(held)).toEqual([204, 204]);
    expect(await inHub()).toEqual([1, 2]);
    expect(await errors()).toHaveLength(2);
    expect(JSON.stringify(await errors())).not.toContain(eventHubs.keyOf('send', 'primary'));
  });

  it('answers 503 once it has held a post for as long as it does, and then never sends it', async () => {
    const clock = new TestClock();
    const funnel = await started({ clock, holdMs: 10_000 });
    await client.ask('DELETE', '/credentials/azure-eh');
    const refused = post(funnel);
    while ((await errors()).length < 1) await new Promise(setImmediate);
    expect((await errors())[0].body.message).toContain('azure-eh');
    await clock.advance(10_000);
    expect(await refused).toBe(503);
    await storeKey('POST', eventHubs.keyOf('send', 'primary'));
    const taken = post(funnel);
    while (funnel.stats.held < 1) await new Promise(setImmediate);
    await clock.advance(1_000); // until the next try
    expect(await taken).toBe(204);
    expect(await inHub()).toEqual([2]);
  });

  it('takes nothing of a SIM whose group has it switched off, or that is in no group', async () => {
    const funnel = await started();
    await configure('SoracomFunnel', { enabled: false });
    expect(await asSim(funnel.httpPort, '/', '{}')).toEqual({
      status: 400,
      body: '{"message":"Funnel is not enabled in the group."}',
    });
    await client.ask('POST', `/sims/${simIdOf(SIM)}/unset_group`);
    expect(await asSim(funnel.httpPort, '/', '{}')).toEqual({
      status: 400,
      body: `{"message":"No group ID is specified: ${SIM.imsi}"}`,
    });
  });
});

describe('the metadata service', () => {
  it('shows the tags, the group and its user data as they are now, where the group has it switched on', async () => {
    const metadata = await startMetadata({
      tagsOf: (sim) => metadataTagsOf(api.state, sim),
      userData: (sim) => userDataOf(api.state, sim),
      groupIdOf: (sim) => api.state.groupOf(sim)?.groupId,
    });
    onTestFinished(() => metadata.stop());
    const get = (path: string) => asSim(metadata.port, `/v1/${path}`);
    expect((await get('subscriber')).status).toBe(403);
    await configure('SoracomAir', { metadata: { enabled: true, readonly: true } });
    expect((await get('userdata')).status).toBe(404);
    await configure('SoracomAir', { userdata: '{"log":{"level":"debug"}}' });
    expect((await get('userdata')).body).toBe('{"log":{"level":"debug"}}');
    expect((await get('subscriber.groupId')).body).toBe(`${groupId}\n`);
    await client.ask('PUT', `/sims/${simIdOf(SIM)}/tags`, { body: [{ tagName: 'pref', tagValue: '47' }] });
    expect((await get('subscriber.tags.pref')).body).toBe('47\n');
  });
});

describe('Beam', () => {
  it("signs with the credential that the group's entry point names, as it is now", async () => {
    const destination = createServer((asked, answer) => answer.end(JSON.stringify(asked.headers)));
    await listen(destination, 0, '127.0.0.1');
    onTestFinished(async () => {
      destination.closeAllConnections();
      await closed(destination);
    });
    const beam = await startBeam({
      destination: `http://127.0.0.1:${portOf(destination)}`,
      preSharedKey: (sim) => beamKeyOf(api.state, sim, systemClock),
    });
    onTestFinished(() => beam.stop());
    const store = (method: string, key: string) =>
      client.ask(method, '/credentials/beam-psk', { body: { type: 'psk', credentials: { key } } });
    const signature = async () => {
      const { status, body } = await asSim(beam.port, '/v1/receipts');
      if (status !== 200) return status;
      const headers = JSON.parse(body);
      return { is: headers['x-soracom-signature'], at: Number(headers['x-soracom-timestamp']) };
    };
    const signedWith = async (key: string) => {
      const heard = await signature();
      if (typeof heard === 'number') throw new Error(`Beam answered ${heard}.`);
      return heard.is === signedHeaders(key, SIM, heard.at)['x-soracom-signature'];
    };

    expect(await signature()).toBe(404);
    await configure('SoracomBeam', {
      'http://beam.soracom.io:18080': {
        ...{ enabled: true, destination: 'https://api.example/', addSubscriberHeader: true, addSignature: true },
        psk: { $credentialsId: 'beam-psk' },
      },
    });
    expect(await signature()).toBe(404);
    await store('POST', 'first-key');
    expect(await signedWith('first-key')).toBe(true);
    await store('PUT', 'second-key');
    expect([await signedWith('first-key'), await signedWith('second-key')]).toEqual([false, true]);
  });
});
