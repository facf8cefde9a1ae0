import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { startBeamMqtt } from '@tashika/deploy/local/beam';
import { simOf } from '@tashika/deploy/local/funnel';
import type { Post } from '@tashika/shared/telemetry';
import { Aedes } from 'aedes';
import { expect, it, onTestFinished } from 'vitest';
import { freePort, startAgent, temporaryDirectory, until } from '../rig/index.ts';

const ADDRESS = '127.1.0.31';
const READINGS = 20;

interface Delivery {
  readonly topic: string;
  readonly post: Post;
}

/** A broker that people run behind Beam; it can be away for a while. */
async function startBroker() {
  const deliveries: Delivery[] = [];
  const broker = await Aedes.createBroker({
    authorizePublish: (_client, { topic, payload }, done) => {
      deliveries.push({ topic, post: JSON.parse(payload.toString()) });
      done(null);
    },
  });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    broker.handle(socket);
  });
  const port = await freePort();
  const comeBack = () => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const leave = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  await comeBack();
  onTestFinished(async () => {
    await leave();
    await new Promise<void>((resolve) => broker.close(resolve));
  });
  return { url: `mqtt://127.0.0.1:${port}`, deliveries, leave, comeBack };
}

it("has every reading arrive at the broker behind Beam's MQTT, as its SIM's, though the broker is away meanwhile", async () => {
  const broker = await startBroker();
  const beam = await startBeamMqtt({ destination: broker.url, addImsi: true });
  onTestFinished(() => beam.stop());
  const healthPort = await freePort();
  const agent = startAgent(join(temporaryDirectory(), 'agent'), {
    region: '13',
    uplink: {
      ...{ url: `mqtt://127.0.0.1:${beam.port}`, topic: 'field/posts', localAddress: ADDRESS },
      ...{ batchAgeMs: 100, retryFirstMs: 20, retryMostMs: 100, replaySpeed: 1_000 },
    },
    spool: { fsyncMs: 50 },
    clock: { trusted: 'always' },
    sensors: { system: { intervalMs: 100 } },
    health: { port: healthPort },
  });
  const numbers = () => broker.deliveries.flatMap(({ post }) => post.pack.map((_, index) => post.seq! + index));
  const arrived = (count: number) =>
    until(`${count} readings at the broker`, () => new Set(numbers()).size >= count, 60_000);
  await arrived(READINGS);

  await broker.leave();
  const before = new Set(numbers()).size;
  await until(`${READINGS} readings held`, async () => {
    const { spool, uplink } = (await (await fetch(`http://127.0.0.1:${healthPort}/health`)).json()) as {
      readonly spool: { readonly held: number };
      readonly uplink: { readonly failuresInRow: number };
    };
    return uplink.failuresInRow > 0 && spool.held >= READINGS;
  });
  await broker.comeBack();
  await arrived(before + 2 * READINGS);
  expect(await agent.stop()).toBe(0);

  const known = [...new Set(numbers())].sort((a, b) => a - b);
  expect(known).toEqual(Array.from({ length: known.length }, (_, index) => index + 1));
  expect(broker.deliveries.at(-1)!.post).toMatchObject({ held: 0, pref: '13' });
  expect(new Set(broker.deliveries.map(({ topic }) => topic))).toEqual(
    new Set([`field/posts/${simOf(ADDRESS)!.imsi}`]),
  );
});
