import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { TestClock } from '@tashika/shared/time';
import { Aedes, type ConnectPacket } from 'aedes';
import { generate, type IConnectPacket, type Packet, parser } from 'mqtt-packet';
import { describe, expect, it, onTestFinished } from 'vitest';
import { closed, listen, portOf } from '../listening/index.ts';
import { type Beam, type BeamMqttOptions, startBeamMqtt } from './index.ts';

const IMSI = '295000000065543';

/** A broker that notes what reaches it; its PUBACKs can be kept back. */
async function startBroker() {
  const connects: ConnectPacket[] = [];
  const published: { readonly topic: string; readonly payload: string; readonly qos: number }[] = [];
  const behaviour = { acknowledges: true };
  const broker = await Aedes.createBroker({
    preConnect: (_client, packet, done) => {
      connects.push(packet);
      done(null, true);
    },
    authorizePublish: (_client, { topic, payload, qos }, done) => {
      published.push({ topic, payload: payload.toString(), qos });
      if (behaviour.acknowledges) done(null);
    },
  });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    broker.handle(socket);
  });
  await listen(server, 0, '127.0.0.1');
  onTestFinished(async () => {
    const closing = closed(server);
    for (const socket of sockets) socket.destroy();
    await closing;
    await new Promise<void>((resolve) => broker.close(resolve));
  });
  const say = (topic: string, payload: string) =>
    new Promise<void>((resolve, reject) =>
      broker.publish({ cmd: 'publish', topic, payload, qos: 0, dup: false, retain: false }, (error) =>
        error ? reject(error) : resolve(),
      ),
    );
  return { url: `mqtt://127.0.0.1:${portOf(server)}`, connects, published, behaviour, sockets, say };
}

async function beamTo(destination: string, options: Partial<BeamMqttOptions> = {}): Promise<Beam> {
  const beam = await startBeamMqtt({ destination, addImsi: true, ...options });
  onTestFinished(() => beam.stop());
  return beam;
}

/** A device that speaks MQTT packet by packet. */
async function device({ port }: Beam, from = '127.1.0.7') {
  const socket = connect({ port, host: '127.0.0.1', localAddress: from });
  onTestFinished(() => void socket.destroy());
  const heard: Packet[] = [];
  const wake = new Set<() => void>();
  const packets = parser({ protocolVersion: 4 });
  packets.on('packet', (packet) => {
    heard.push(packet);
    for (const each of wake) each();
  });
  socket.on('data', (chunk: Buffer) => packets.parse(chunk));
  socket.on('error', () => {});
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await once(socket, 'connect');
  return {
    ended,
    say: (packet: Packet) => void socket.write(generate(packet)),
    raw: (bytes: Uint8Array) => void socket.write(bytes),
    async hears(cmd: Packet['cmd']): Promise<Packet> {
      for (;;) {
        const found = heard.find((packet) => packet.cmd === cmd);
        if (found) return found;
        await new Promise<void>((resolve) => wake.add(resolve));
      }
    },
  };
}

const CONNECT: IConnectPacket = { cmd: 'connect', protocolVersion: 4, clientId: 'pi', clean: true, keepalive: 600 };
const publish = (topic: string, payload: string): Packet => ({
  ...{ cmd: 'publish', topic, payload, messageId: 7 },
  ...{ qos: 1, dup: false, retain: false },
});

describe("Beam's MQTT entry", () => {
  it('publishes as the SIM, with the credentials of its configuration and none of the device', async () => {
    const broker = await startBroker();
    const beam = await beamTo(broker.url, { credentials: { username: 'beam', password: 'of the broker' } });
    const pi = await device(beam);
    pi.say({ ...CONNECT, username: 'pi', password: Buffer.from('guessed') });
    expect(await pi.hears('connack')).toMatchObject({ returnCode: 0 });
    pi.say(publish('tashika', '{"seq":1}'));
    expect(await pi.hears('puback')).toMatchObject({ messageId: 7 });
    expect(broker.published).toEqual([{ topic: `tashika/${IMSI}`, payload: '{"seq":1}', qos: 1 }]);
    const [{ username, password, clientId, clean, keepalive }] = broker.connects as [ConnectPacket];
    expect([username, password?.toString()]).toEqual(['beam', 'of the broker']);
    expect([clientId, clean, keepalive]).toEqual(['pi', true, 600]);
  });

  it('ends the session of a device whose packet can not be passed on, and serves the others', async () => {
    const broker = await startBroker();
    const beam = await beamTo(broker.url);
    const pi = await device(beam);
    pi.raw(Buffer.from('100c00044d51545404000258'.padEnd(28, '0'), 'hex')); // a kept session without a client id
    await pi.ended;
    const other = await device(beam);
    other.say(CONNECT);
    expect(await other.hears('connack')).toMatchObject({ returnCode: 0 });
  });

  it('leaves topics as they are where it is not told to add the IMSI', async () => {
    const broker = await startBroker();
    const pi = await device(await beamTo(broker.url, { addImsi: false }));
    pi.say(CONNECT);
    pi.say(publish('tashika', '{}'));
    await pi.hears('puback');
    expect(broker.published).toMatchObject([{ topic: 'tashika' }]);
  });

  it('says PUBACK when the broker does, and not before', async () => {
    const broker = await startBroker();
    broker.behaviour.acknowledges = false;
    const pi = await device(await beamTo(broker.url));
    pi.say(CONNECT);
    pi.say(publish('tashika', '{}'));
    pi.say({ cmd: 'pingreq' });
    await pi.hears('pingresp'); // after the message, by the order of the session
    expect(broker.published).toHaveLength(1);
    const told = pi.hears('puback').then(() => 'told');
    for (const socket of broker.sockets) socket.destroy();
    expect(await Promise.race([told, pi.ended.then(() => 'ended')])).toBe('ended');
  });

  it('passes on what is said to the device', async () => {
    const broker = await startBroker();
    const pi = await device(await beamTo(broker.url));
    pi.say(CONNECT);
    pi.say({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'commands', qos: 0 }] });
    await pi.hears('suback');
    await broker.say('commands', 'blink');
    expect(await pi.hears('publish')).toMatchObject({ topic: 'commands', payload: Buffer.from('blink') });
  });

  it.each([
    ['a keepalive of 1 to 4 s', { keepalive: 4 }, 5],
    ['one of more than 1,200 s', { keepalive: 1_201 }, 5],
    ['another version than MQTT 3.1.1', { protocolVersion: 5 as const }, 1],
  ])('refuses %s', async (_what, settings, returnCode) => {
    const broker = await startBroker();
    const pi = await device(await beamTo(broker.url));
    pi.raw(generate({ ...CONNECT, ...settings }));
    expect(await pi.hears('connack')).toMatchObject({ returnCode });
    await pi.ended;
    expect(broker.connects).toEqual([]);
  });

  it.each([0, 5, 1_200])('takes a keepalive of %i s', async (keepalive) => {
    const broker = await startBroker();
    const pi = await device(await beamTo(broker.url));
    pi.say({ ...CONNECT, keepalive });
    expect(await pi.hears('connack')).toMatchObject({ returnCode: 0 });
  });

  it('ends a session that is silent for one and a half times its keepalive', async () => {
    const clock = new TestClock();
    const broker = await startBroker();
    const pi = await device(await beamTo(broker.url, { clock }));
    pi.say({ ...CONNECT, keepalive: 10 });
    await pi.hears('connack');
    await clock.advance(14_000);
    pi.say({ cmd: 'pingreq' });
    await pi.hears('pingresp');
    await clock.advance(14_000);
    expect(broker.sockets.size).toBe(1);
    await clock.advance(1_000);
    await pi.ended;
  });

  it('refuses a session while the broker is away', async () => {
    const pi = await device(await beamTo('mqtt://127.0.0.1:1'));
    pi.say(CONNECT);
    expect(await pi.hears('connack')).toMatchObject({ returnCode: 3 });
    await pi.ended;
  });

  it('ends with what is no MQTT, with a second CONNECT, and with a packet that is too long', async () => {
    const broker = await startBroker();
    const beam = await beamTo(broker.url);
    const rude = await device(beam);
    rude.raw(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
    await rude.ended;
    const twice = await device(beam);
    twice.say(CONNECT);
    await twice.hears('connack');
    twice.say(CONNECT);
    await twice.ended;
    const long = await device(beam);
    long.say(CONNECT);
    await long.hears('connack');
    long.raw(generate(publish('tashika', 'x'.repeat(2 * 1024 * 1024))));
    await long.ended;
    expect(broker.published).toEqual([]);
  });
});
