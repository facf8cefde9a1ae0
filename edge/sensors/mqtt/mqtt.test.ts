import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@tashika/shared/time';
import { Aedes } from 'aedes';
import { connectAsync, type MqttClient } from 'mqtt';
import pino from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createSensors } from '../index.ts';
import type { Measurement, SensorSource } from '../port.ts';
import { sensorsConfiguration } from '../testing/configuration.ts';
import { RecordingSink } from '../testing/recording-sink.ts';
import { requiredTool } from '../testing/required-tool.ts';

const logger = pino({ level: 'silent' });

interface Broker {
  readonly url: string;
}

interface OwnBroker extends Broker {
  /** Cuts all connections. */
  cut(): void;
  /** Cuts all connections and takes no other until `comeBack`. */
  leave(): void;
  comeBack(): void;
  /** Publishes with QoS 1, itself. */
  say(topic: string, text: string): Promise<void>;
}

async function aedes(settings: ConstructorParameters<typeof Aedes>[0] = {}): Promise<OwnBroker> {
  const broker = await Aedes.createBroker(settings);
  const sockets = new Set<Socket>();
  let away = false;
  const server: Server = createServer((socket) => {
    if (away) return void socket.destroy();
    sockets.add(socket);
    broker.handle(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  onTestFinished(async () => {
    cut();
    server.close();
    await new Promise<void>((resolve) => broker.close(resolve));
  });
  return {
    url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    leave: () => {
      away = true;
      cut();
    },
    comeBack: () => {
      away = false;
    },
    say: (topic, text) =>
      new Promise((resolve, reject) => {
        const packet = {
          cmd: 'publish',
          topic,
          payload: Buffer.from(text),
          qos: 1,
          retain: false,
          dup: false,
        } as const;
        broker.publish(packet, (error) => (error ? reject(error) : resolve()));
      }),
  };
}

/** Debian's Mosquitto, storing nothing, on a port that was free a moment ago. */
async function mosquitto(program: string, port: number): Promise<ChildProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'tashika-mosquitto-'));
  const file = join(folder, 'mosquitto.conf');
  writeFileSync(file, `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\n`);
  const broker = spawn(program, ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  onTestFinished(async () => {
    await killed(broker);
    rmSync(folder, { recursive: true, force: true });
  });
  let log = '';
  broker.stderr!.setEncoding('utf8');
  for await (const text of broker.stderr!) {
    log += text;
    if (/mosquitto version \S+ running/.test(log)) break;
  }
  if (broker.exitCode !== null) throw new Error(`mosquitto ended: ${log}`);
  return broker;
}

/** A link to a broker that can be cut, and counts what the broker published on a topic of one letter. */
async function cuttableLink(port: number) {
  const pairs = new Set<Socket>();
  let passed = '';
  const server = createServer((socket) => {
    const broker = connect(port, '127.0.0.1');
    for (const end of [socket, broker]) {
      pairs.add(end);
      end.on('error', () => {});
    }
    broker.on('data', (chunk) => {
      passed += chunk.toString('latin1');
    });
    socket.pipe(broker).pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    for (const end of pairs) end.destroy();
    pairs.clear();
  };
  onTestFinished(() => {
    cut();
    server.close();
  });
  return {
    url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    delivered: (topic: string) => passed.split(`\0\x01${topic}`).length - 1,
  };
}

async function killed(broker: ChildProcess): Promise<void> {
  if (broker.exitCode !== null || broker.signalCode !== null) return;
  broker.kill('SIGKILL');
  await once(broker, 'exit');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function mqttSensor(settings: object): SensorSource {
  const mqtt = [{ name: 'farm', reconnectMs: 10, connectTimeoutMs: 2_000, ...settings }];
  const [source] = createSensors(sensorsConfiguration({ mqtt }), { clock: systemClock, logger });
  onTestFinished(() => source!.stop());
  return source!;
}

async function started(settings: object): Promise<RecordingSink> {
  const sink = new RecordingSink();
  await mqttSensor(settings).start(sink);
  await sink.until(() => sink.count('running') > 0);
  return sink;
}

async function publisher(url: string): Promise<MqttClient> {
  const client = await connectAsync(url, { reconnectPeriod: 0 });
  onTestFinished(() => client.endAsync(true));
  return client;
}

/** Hears a topic as any other client does, with what the broker kept of it. */
async function listener(url: string, topic: string) {
  const client = await publisher(url);
  const heard: string[] = [];
  let wake = () => {};
  client.on('message', (_topic, payload) => {
    heard.push(payload.toString());
    wake();
  });
  await client.subscribeAsync(topic, { qos: 1 });
  const until = async (last: string) => {
    while (heard.at(-1) !== last)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  };
  return { heard, until };
}

describe('an MQTT subscription', () => {
  it('takes plain numbers, values in JSON and whole JSON objects', async () => {
    const { url } = await aedes();
    const sink = await started({
      url,
      topics: [
        { topic: 'plain/+', unit: 'Cel' },
        { topic: 'zigbee/door', pointer: '/contact', sensor: 'door' },
        { topic: 'weather/#' },
      ],
    });
    const device = await publisher(url);
    await device.publishAsync('plain/kitchen', '21.50', { qos: 1 });
    await device.publishAsync('zigbee/door', '{"contact":false,"battery":100}', { qos: 1 });
    await device.publishAsync('weather/roof top/1', '{"wind":{"speed":3},"rain":true}', { qos: 1 });
    await sink.until(() => sink.measurements.length >= 4);
    expect(sink.measurements).toEqual([
      { sensor: 'farm/plain/kitchen', unit: 'Cel', value: 21.5, at: { monotonicMs: expect.any(Number) } },
      { sensor: 'farm/door', value: false, at: { monotonicMs: expect.any(Number) } },
      { sensor: 'farm/weather/roof_top/1/wind/speed', value: 3, at: { monotonicMs: expect.any(Number) } },
      { sensor: 'farm/weather/roof_top/1/rain', value: true, at: { monotonicMs: expect.any(Number) } },
    ]);
  });

  it('counts messages that it can not read, and goes on', async () => {
    const { url } = await aedes();
    const sink = await started({ url, topics: [{ topic: 'a' }] });
    const device = await publisher(url);
    for (const payload of ['ON', '', 'NaN', '1e400', '{"t":"nan"}', 'x'.repeat(70_000), '5'])
      await device.publishAsync('a', payload, { qos: 1 });
    await sink.until(() => sink.measurements.length > 0);
    expect(sink.valuesOf('farm/a')).toEqual([5]);
    expect(sink.states.at(-1)!.detail).toContain('One of the messages could not be read so far');
  });

  it('does not count a retained message, whose age nobody knows', async () => {
    const { url } = await aedes();
    const device = await publisher(url);
    await device.publishAsync('a', '1', { qos: 1, retain: true });
    const sink = await started({ url, topics: [{ topic: 'a' }] });
    await device.publishAsync('a', '2', { qos: 1, retain: true });
    await sink.until(() => sink.measurements.length > 0);
    expect(sink.valuesOf('farm/a')).toEqual([2]);
  });

  it('counts a retained message once where it is configured to, however often the broker repeats it', async () => {
    const broker = await aedes();
    const device = await publisher(broker.url);
    await device.publishAsync('state', 'true', { qos: 1, retain: true });
    const sink = await started({ url: broker.url, topics: [{ topic: 'state', retained: true }, { topic: 'end' }] });
    await sink.until(() => sink.measurements.length === 1);
    broker.cut();
    await sink.until(() => sink.count('running') === 2);
    const again = await publisher(broker.url);
    await again.publishAsync('state', 'true', { qos: 1 });
    await again.publishAsync('state', 'false', { qos: 1, retain: true });
    await again.publishAsync('end', '1', { qos: 1 });
    await sink.until(() => sink.valuesOf('farm/end').length === 1);
    expect(sink.valuesOf('farm/state')).toEqual([true, true, false]);
  });

  it('takes a retained message that changed while the connection was down', async () => {
    const broker = await aedes();
    const topics = [{ topic: 'state', retained: true }];
    const sink = new RecordingSink();
    const source = mqttSensor({ url: broker.url, topics });
    const device = await publisher(broker.url);
    await device.publishAsync('state', '1', { qos: 0, retain: true });
    await source.start(sink);
    await sink.until(() => sink.measurements.length === 1);
    await source.stop();
    await device.publishAsync('state', '2', { qos: 0, retain: true });
    await source.start(sink);
    await sink.until(() => sink.measurements.length === 2);
    expect(sink.valuesOf('farm/state')).toEqual([1, 2]);
  });

  it('has the broker say that it is connected, and by its last will that it is not', async () => {
    const broker = await aedes();
    const source = mqttSensor({ url: broker.url, clientId: 'agent-1', topics: [{ topic: '#' }] });
    const sink = new RecordingSink();
    await source.start(sink);
    await sink.until(() => sink.count('running') > 0);
    const status = await listener(broker.url, 'tashika/agent-1/status');
    await status.until('online');
    await source.stop();
    await status.until('offline');
    expect(status.heard).toEqual(['online', 'offline']);
    expect(sink.measurements).toEqual([]);
    expect(sink.states).toEqual([{ state: 'starting' }, { state: 'running' }]);
  });

  it('says so on another topic, or not at all, as configured', async () => {
    const { url } = await aedes();
    const all = await listener(url, '#');
    await started({ url, topics: [{ topic: 'a' }], clientId: 'silent', statusTopic: '' });
    await started({ url, topics: [{ topic: 'a' }], clientId: 'loud', statusTopic: 'site/agent' });
    const elsewhere = await listener(url, 'site/agent');
    await elsewhere.until('online');
    await (await publisher(url)).publishAsync('end', 'end', { qos: 1 });
    await all.until('end');
    expect(all.heard).toEqual(['online', 'end']);
  });

  it('comes back by itself, and gets what was said meanwhile', async () => {
    const broker = await aedes();
    const sink = await started({ url: broker.url, topics: [{ topic: 'a' }] });
    // While it is away: aedes delivers twice, and does not say so, what is published as a session comes back.
    broker.leave();
    await sink.until(() => sink.count('failed') > 0);
    await broker.say('a', '1');
    broker.comeBack();
    await sink.until(() => sink.measurements.length === 1 && sink.count('running') === 2);
    await broker.say('a', '2');
    await sink.until(() => sink.measurements.length === 2);
    expect(sink.valuesOf('farm/a')).toEqual([1, 2]);
  });

  it('fails in words, and keeps trying, where there is no broker', async () => {
    const url = `mqtt://127.0.0.1:${await freePort()}`;
    const sink = new RecordingSink();
    await mqttSensor({ url, topics: [{ topic: 'a' }] }).start(sink);
    await sink.until(() => sink.count('failed') === 1);
    expect(sink.states.at(-1)!.detail).toMatch(/^mqtt:\/\/127\.0\.0\.1:\d+: .*ECONNREFUSED/);
  });

  it('fails in words, without the password in them, where the broker does not let it in', async () => {
    const { url } = await aedes({ authenticate: (_client, _user, _password, done) => done(null, false) });
    const sink = new RecordingSink();
    const secret = url.replace('mqtt://', 'mqtt://user:hunter2@');
    await mqttSensor({ url: secret, topics: [{ topic: 'a' }] }).start(sink);
    await sink.until(() => sink.count('failed') === 1);
    expect(sink.states.at(-1)!.detail).toMatch(/Connection refused/);
    expect(JSON.stringify(sink.states)).not.toContain('hunter2');
  });

  it('fails in words where the broker refuses the subscription', async () => {
    const { url } = await aedes({ authorizeSubscribe: (_client, _subscription, done) => done(null, null) });
    const sink = new RecordingSink();
    await mqttSensor({ url, topics: [{ topic: 'a' }] }).start(sink);
    await sink.until(() => sink.count('failed') === 1);
    expect(sink.states.at(-1)!.detail).toMatch(/refused the subscription to a|Subscribe error/);
  });

  it('says nothing more once it is stopped', async () => {
    const { url } = await aedes();
    const sink = new RecordingSink();
    const source = mqttSensor({ url, topics: [{ topic: 'a' }] });
    await source.start(sink);
    await sink.until(() => sink.count('running') > 0);
    await source.stop();
    const told = sink.states.length;
    const other = await started({ url, clientId: 'another', topics: [{ topic: 'a' }] });
    await (await publisher(url)).publishAsync('a', '1', { qos: 1 });
    await other.until(() => other.measurements.length === 1);
    expect(sink.measurements).toEqual([]);
    expect(sink.states).toHaveLength(told);
  });

  it('can be stopped while the broker takes its time to answer', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => void sockets.push(socket)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      silent.close();
    });
    const url = `mqtt://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const source = mqttSensor({ url, connectTimeoutMs: 60_000, topics: [{ topic: 'a' }] });
    const accepted = once(silent, 'connection');
    await source.start(new RecordingSink());
    await accepted;
    const startedAt = performance.now();
    await source.stop();
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  it('is checked under another name, so that a running agent keeps its session', async () => {
    const { url } = await aedes();
    const settings = { url, topics: [{ topic: 'a' }] };
    const sink = await started(settings);
    expect(await mqttSensor(settings).check()).toMatchObject([{ subject: 'mqtt farm', verdict: 'ok' }]);
    await (await publisher(url)).publishAsync('a', '1', { qos: 1 });
    await sink.until(() => sink.measurements.length === 1);
    expect(sink.count('failed')).toBe(0);
  });

  it('is told by the check what to do where there is no broker', async () => {
    const url = `mqtt://127.0.0.1:${await freePort()}`;
    expect(await mqttSensor({ url, topics: [{ topic: 'a' }] }).check()).toEqual([
      { subject: 'mqtt farm', verdict: 'fail', detail: expect.stringContaining('Check url') },
    ]);
  });
});

describe('an MQTT subscription at Mosquitto', () => {
  it('takes 200 messages over a wildcard, each once, and survives the broker', async (context) => {
    const program = requiredTool('mosquitto', context);
    const port = await freePort();
    const url = `mqtt://127.0.0.1:${port}`;
    const broker = await mosquitto(program, port);
    const sink = await started({ url, topics: [{ topic: 'field/+/temp', unit: 'Cel' }] });
    const device = await publisher(url);
    for (let n = 0; n < 200; n++) await device.publishAsync(`field/${n % 4}/temp`, String(n), { qos: 1 });
    await sink.until(() => sink.measurements.length === 200);
    expect(sink.measurements.map(({ value }) => value)).toEqual(Array.from({ length: 200 }, (_, n) => n));

    await killed(broker);
    await sink.until(() => sink.count('failed') > 0);
    await mosquitto(program, port);
    await sink.until(() => sink.count('running') === 2);
    await (await publisher(url)).publishAsync('field/9/temp', '-1', { qos: 1 });
    await sink.until(() => sink.measurements.length === 201);
    expect(sink.measurements.at(-1)).toMatchObject({ sensor: 'farm/field/9/temp', value: -1 });
  });

  it('reads Zigbee2MQTT, Tasmota and plain JSON side by side', async (context) => {
    const program = requiredTool('mosquitto', context);
    const port = await freePort();
    const url = `mqtt://127.0.0.1:${port}`;
    await mosquitto(program, port);
    const device = await publisher(url);
    await device.publishAsync('tele/plug/LWT', 'Online', { qos: 1, retain: true });
    await device.publishAsync('zigbee2mqtt/bridge/devices', '[{"ieee_address":"0x00"}]', { qos: 1, retain: true });
    const sink = await started({
      url,
      topics: [
        { topic: 'zigbee2mqtt/#', preset: 'zigbee2mqtt' },
        { topic: 'tele/#', preset: 'tasmota', retained: true },
        { topic: 'end' },
      ],
    });
    const say = (topic: string, payload: object) => device.publishAsync(topic, JSON.stringify(payload), { qos: 1 });
    await say('zigbee2mqtt/attic', { temperature: 21.3, linkquality: 100 });
    await say('zigbee2mqtt/attic/set', { state: 'ON' });
    await say('tele/plug/SENSOR', { Time: '2026-01-01T00:00:00', ENERGY: { Power: 48 } });
    await say('end', { n: 1 });
    await sink.until(() => sink.valuesOf('farm/end/n').length > 0);
    expect(sink.measurements.map(({ sensor, value, unit }) => [sensor, value, unit])).toEqual([
      ['farm/plug/available', true, undefined],
      ['farm/attic/temperature', 21.3, 'Cel'],
      ['farm/attic/linkquality', 100, undefined],
      ['farm/plug/ENERGY/Power', 48, 'W'],
      ['farm/end/n', 1, undefined],
    ]);
    expect(sink.states.at(-1)).toEqual({ state: 'running' });
  });

  it('is told as offline by the broker when its connection breaks, and as online when it is back', async (context) => {
    const program = requiredTool('mosquitto', context);
    const port = await freePort();
    await mosquitto(program, port);
    const status = await listener(`mqtt://127.0.0.1:${port}`, 'tashika/agent-1/status');
    const radio = await cuttableLink(port);
    const sink = await started({ url: radio.url, clientId: 'agent-1', topics: [{ topic: 'a' }] });
    await status.until('online');
    radio.cut();
    await status.until('offline');
    await sink.until(() => sink.count('running') === 2);
    await status.until('online');
    expect(status.heard).toEqual(['online', 'offline', 'online']);
  });

  it('counts a message once that the broker delivers twice, because our answer was lost', async (context) => {
    const program = requiredTool('mosquitto', context);
    const port = await freePort();
    await mosquitto(program, port);
    const radio = await cuttableLink(port);
    const sink = new RecordingSink();
    let arrivals = 0;
    const cutAtFirst = {
      state: sink.state.bind(sink),
      measured: (measurement: Measurement) => {
        if (arrivals++ === 0) radio.cut(); // before the broker could have our acknowledgement
        sink.measured(measurement);
      },
    };
    await mqttSensor({ url: radio.url, topics: [{ topic: 'a' }] }).start(cutAtFirst);
    await sink.until(() => sink.count('running') === 1);
    const device = await publisher(`mqtt://127.0.0.1:${port}`);
    await device.publishAsync('a', '1', { qos: 1 });
    await sink.until(() => sink.count('running') === 2);
    await device.publishAsync('a', '2', { qos: 1 });
    await sink.until(() => sink.valuesOf('farm/a').includes(2));
    expect(sink.valuesOf('farm/a')).toEqual([1, 2]);
    expect(radio.delivered('a')).toBe(3);
  });
});
