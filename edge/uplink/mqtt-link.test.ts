import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Aedes, type ConnectPacket, type PublishPacket } from 'aedes';
import { connectAsync } from 'mqtt';
import { describe, expect, it, onTestFinished } from 'vitest';
import { requiredTool } from '../sensors/testing/required-tool.ts';
import type { Link } from './link.ts';
import { mqttLink } from './mqtt-link.ts';

const NEVER = new AbortController().signal;

/** A broker that hears of every CONNECT and PUBLISH, and may keep its PUBACK back. */
async function startBroker() {
  const connects: ConnectPacket[] = [];
  const published: { topic: string; payload: string; qos: number }[] = [];
  const sockets = new Set<Socket>();
  const behaviour = { acknowledges: true, lets: true };
  const broker = await Aedes.createBroker({
    preConnect: (_client, packet, done) => {
      connects.push(packet);
      done(null, true);
    },
    authenticate: (_client, _user, _password, done) => done(null, behaviour.lets),
    authorizePublish: (_client, { topic, payload, qos }: PublishPacket, done) => {
      published.push({ topic, payload: payload.toString(), qos });
      if (behaviour.acknowledges) done(null);
    },
  });
  const server = createServer((socket) => {
    sockets.add(socket);
    broker.handle(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await new Promise<void>((resolve) => broker.close(resolve));
  });
  return { url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`, connects, published, behaviour, sockets };
}

function linkTo(url: string, timeoutMs = 5_000): Link {
  const link = mqttLink({ url, timeoutMs, topic: 'field/posts' });
  onTestFinished(() => link.close());
  return link;
}

describe('MQTT by way of Beam', () => {
  it('publishes each post with QoS 1 over one connection, and takes PUBACK for accepted', async () => {
    const broker = await startBroker();
    const link = linkTo(broker.url);
    for (const text of ['{"seq":1}', '{"seq":2}'])
      expect(await link.post(Buffer.from(text), NEVER)).toEqual({ kind: 'accepted' });
    expect(broker.published).toEqual([
      { topic: 'field/posts', payload: '{"seq":1}', qos: 1 },
      { topic: 'field/posts', payload: '{"seq":2}', qos: 1 },
    ]);
    expect(link.opened).toBe(1);
  });

  it('asks for a clean session, for a keepalive that Beam takes, and under a name that no other device has', async () => {
    const broker = await startBroker();
    for (let device = 0; device < 2; device++) await linkTo(broker.url).post(Buffer.from('{}'), NEVER);
    for (const { clean, keepalive, protocolVersion, clientId } of broker.connects) {
      expect([clean, protocolVersion]).toEqual([true, 4]);
      expect(keepalive === 0 || (keepalive! >= 5 && keepalive! <= 1_200)).toBe(true);
      expect(clientId.length).toBeLessThanOrEqual(23);
    }
    expect(new Set(broker.connects.map(({ clientId }) => clientId)).size).toBe(2);
  });

  it('gives a post without PUBACK up after its time, and sends it again over a new connection, once', async () => {
    const broker = await startBroker();
    const link = linkTo(broker.url, 1_000);
    broker.behaviour.acknowledges = false;
    expect(await link.post(Buffer.from('{}'), NEVER)).toEqual({ kind: 'failed', reason: 'no answer in 1000 ms' });
    broker.behaviour.acknowledges = true;
    expect(await link.post(Buffer.from('{}'), NEVER)).toEqual({ kind: 'accepted' });
    expect(broker.published).toHaveLength(2);
    expect(link.opened).toBe(2);
  });

  it('opens another connection when the last one was cut', async () => {
    const broker = await startBroker();
    const link = linkTo(broker.url);
    expect((await link.post(Buffer.from('{}'), NEVER)).kind).toBe('accepted');
    const [socket] = broker.sockets;
    socket!.destroy();
    while ((await link.post(Buffer.from('{}'), NEVER)).kind !== 'accepted'); // its end may come within the post
    expect(link.opened).toBe(2);
  });

  it('fails in words where the broker does not let it in, and where there is none', async () => {
    const broker = await startBroker();
    broker.behaviour.lets = false;
    expect(await linkTo(broker.url).post(Buffer.from('{}'), NEVER)).toMatchObject({
      kind: 'failed',
      reason: expect.stringMatching(/Connection refused/),
    });
    expect(await linkTo('mqtt://127.0.0.1:1').post(Buffer.from('{}'), NEVER)).toMatchObject({
      kind: 'failed',
      reason: expect.stringMatching(/ECONNREFUSED/),
    });
  });
});

describe('MQTT to Mosquitto', () => {
  it('hands every post to who subscribes there, in order', async (context) => {
    const url = await startMosquitto(requiredTool('mosquitto', context));
    const subscriber = await connectAsync(url, { reconnectPeriod: 0 });
    onTestFinished(() => subscriber.endAsync(true));
    await subscriber.subscribeAsync('field/posts', { qos: 1 });
    const received: string[] = [];
    const all = new Promise<void>((resolve) =>
      subscriber.on('message', (_topic, payload) => received.push(payload.toString()) === 50 && resolve()),
    );
    const link = linkTo(url);
    const posts = Array.from({ length: 50 }, (_, n) => `{"seq":${n}}`);
    for (const post of posts) expect(await link.post(Buffer.from(post), NEVER)).toEqual({ kind: 'accepted' });
    await all;
    expect(received).toEqual(posts);
    expect(link.opened).toBe(1);
  });

  /** Debian's Mosquitto, storing nothing, on a port that was free a moment ago. */
  async function startMosquitto(program: string): Promise<string> {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as AddressInfo;
    probe.close();
    await once(probe, 'close');
    const folder = mkdtempSync(join(tmpdir(), 'tashika-mosquitto-'));
    writeFileSync(join(folder, 'conf'), `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\n`);
    const broker = spawn(program, ['-c', join(folder, 'conf')], { stdio: ['ignore', 'ignore', 'pipe'] });
    onTestFinished(async () => {
      broker.kill('SIGKILL');
      await once(broker, 'exit');
      rmSync(folder, { recursive: true, force: true });
    });
    let log = '';
    for await (const text of broker.stderr) {
      log += text;
      if (/mosquitto version \S+ running/.test(log)) return `mqtt://127.0.0.1:${port}`;
    }
    throw new Error(`mosquitto ended: ${log}`);
  }
});
