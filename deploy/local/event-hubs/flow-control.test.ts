import { TestClock } from '@tashika/shared/time';
import rhea, { type Connection, type EventContext, type Receiver } from 'rhea';
import { expect, it, onTestFinished, vi } from 'vitest';
import { PartitionLog } from './log/index.ts';
import { producerOf, sasToken, startRig, until } from './rig.ts';
import type { EventHubs } from './server.ts';

const KEYS = { send: 'send-key', listen: 'listen-key', manage: 'manage-key' };
const HOUR_MS = 3_600_000;

/** A bare AMQP client that has brought its token. */
async function connect(eventHubs: EventHubs, options: object = {}): Promise<Connection> {
  const container = rhea.create_container();
  const connection = container.connect({
    host: '127.0.0.1',
    port: eventHubs.port,
    username: 'anonymous',
    reconnect: false,
    ...options,
  });
  onTestFinished(() => connection.close());
  const resource = `sb://127.0.0.1:${eventHubs.port}/telemetry`;
  const body = sasToken({ resource, policy: 'manage', key: KEYS.manage, expiresAt: Date.now() + HOUR_MS });
  await new Promise<void>((resolve) => {
    connection.open_receiver({ source: '$cbs', name: 'answers' }).once('message', () => resolve());
    connection.open_sender('$cbs').once('sendable', ({ sender }: EventContext) => {
      const application_properties = {
        operation: 'put-token',
        name: resource,
        type: 'servicebus.windows.net:sastoken',
      };
      sender!.send({ reply_to: 'answers', message_id: '1', application_properties, body });
    });
  });
  return connection;
}

/** A receiver that counts; it grants only what it is told to. */
function openReceiver(
  connection: Connection,
  options: object = {},
): { receiver: Receiver; count: () => number; bodies: Buffer[] } {
  let count = 0;
  const bodies: Buffer[] = [];
  const receiver = connection.open_receiver({
    source: 'telemetry/ConsumerGroups/$Default/Partitions/0',
    credit_window: 0,
    autoaccept: true,
    ...options,
  });
  receiver.on('message', ({ message }: EventContext) => {
    count += 1;
    bodies.push((message!.body as { content: Buffer }).content);
  });
  return { receiver, count: () => count, bodies };
}

async function publish(eventHubs: EventHubs, count: number, bytes = 20): Promise<void> {
  const producer = producerOf(eventHubs);
  for (let sent = 0; sent < count; sent += 1000) {
    const events = Array.from({ length: Math.min(1000, count - sent) }, () => ({ body: Buffer.alloc(bytes, 7) }));
    await producer.sendBatch(events, { partitionId: '0' });
  }
}

/** Resolves once the broker has answered to something that was sent after all before. */
async function roundTrip(connection: Connection): Promise<void> {
  const session = connection.create_session();
  const opened = new Promise((resolve) => session.once('session_open', resolve));
  session.begin();
  await opened;
  session.close();
}

/** What has arrived when the broker, asked again and again, sends nothing more. */
async function settled(connection: Connection, count: () => number): Promise<number> {
  for (let quiet = 0, before = -1; quiet < 20; quiet += 1) {
    await roundTrip(connection);
    if (count() !== before) quiet = 0;
    before = count();
  }
  return count();
}

it('what is outstanding on a link is capped, whatever credit is granted', async () => {
  const clock = new TestClock(Date.now());
  const eventHubs = await startRig({ clock, keys: KEYS, limits: { maxOutstanding: 300 } });
  await publish(eventHubs, 2000);
  const connection = await connect(eventHubs);
  const { receiver, count } = openReceiver(connection);

  receiver.add_credit(1_000_000);
  await until(() => count() >= 300);
  expect(await settled(connection, count)).toBe(300);

  receiver.add_credit(1);
  await until(() => count() >= 600);
  expect(await settled(connection, count)).toBe(600);
});

it('a client that waits for all that it granted at once gets the rest a cap a second', async () => {
  const clock = new TestClock(Date.now());
  const eventHubs = await startRig({ clock, keys: KEYS, limits: { maxOutstanding: 300 } });
  await publish(eventHubs, 2000);
  const connection = await connect(eventHubs);
  const { receiver, count } = openReceiver(connection);
  receiver.add_credit(700);
  await until(() => count() === 300);

  await clock.advance(1000);
  await until(() => count() === 600);
  await clock.advance(1000);
  await until(() => count() === 700);
  await clock.advance(10_000);

  expect(await settled(connection, count)).toBe(700);
});

it('credit that a consumer piled up while it idled, as the SDK does at every receive, is not spent at once', async () => {
  const clock = new TestClock(Date.now());
  const eventHubs = await startRig({ clock, keys: KEYS, limits: { maxOutstanding: 200 } });
  const connection = await connect(eventHubs);
  const { receiver, count } = openReceiver(connection);
  for (let receive = 0; receive < 20; receive += 1) {
    receiver.add_credit(150);
    await roundTrip(connection);
  }

  await publish(eventHubs, 3000);
  await until(() => count() >= 200);
  await clock.advance(10_000);

  expect(await settled(connection, count)).toBe(200);
});

it('a large message waits in the middle for the peer’s window and goes on when it opens', async () => {
  const eventHubs = await startRig({ keys: KEYS });
  await producerOf(eventHubs).sendBatch([{ body: Buffer.alloc(900_000, 3) }], { partitionId: '0' });
  const connection = await connect(eventHubs, { session_buffer_size: 4, max_frame_size: 4096 });
  const { receiver, bodies } = openReceiver(connection);

  await until(async () => {
    // rhea tells of its window, four frames wide, only along with a flow of a link.
    receiver.add_credit(1);
    await roundTrip(connection);
    return bodies.length === 1;
  });

  expect(bodies[0]!.equals(Buffer.alloc(900_000, 3))).toBe(true);
});

it('a peer that drains gets what there is, and its credit back', async () => {
  const eventHubs = await startRig({ keys: KEYS });
  await publish(eventHubs, 3);
  const connection = await connect(eventHubs);
  const { receiver, count } = openReceiver(connection);
  const drained = new Promise((resolve) => receiver.once('receiver_drained', resolve));
  receiver.add_credit(10);
  receiver.drain_credit();
  await drained;

  expect(count()).toBe(3);
  expect(receiver.has_credit()).toBe(false);
});

it('a peer that insists on settling itself gets unsettled messages', async () => {
  const eventHubs = await startRig({ keys: KEYS });
  await publish(eventHubs, 2);
  const connection = await connect(eventHubs);
  const settledBefore: boolean[] = [];
  const { receiver, count } = openReceiver(connection, { snd_settle_mode: 0, rcv_settle_mode: 1 });
  receiver.on('message', ({ delivery }: EventContext) => settledBefore.push(delivery!.remote_settled));
  const settledByPeer = new Promise((resolve) => receiver.once('settled', resolve));
  receiver.add_credit(2);
  await until(() => count() === 2);
  await settledByPeer;

  expect(settledBefore).toEqual([false, false]);
});

it('a sender of large messages is not read any further while 64 MiB wait for the disk', async () => {
  let write = (): void => undefined;
  const disk = new Promise<void>((resolve) => (write = resolve));
  const append = vi.spyOn(PartitionLog.prototype, 'append');
  append.mockImplementation(() => disk.then(() => ({ sequenceNumber: 0, offset: 0, enqueuedTime: 0 })));
  onTestFinished(() => append.mockRestore());
  const eventHubs = await startRig({ keys: KEYS });
  const [connection, other] = [await connect(eventHubs), await connect(eventHubs)];
  let accepted = 0;
  const sender = connection.open_sender('telemetry/Partitions/0');
  sender.on('accepted', () => (accepted += 1));
  await new Promise((resolve) => sender.once('sendable', resolve));
  const body = rhea.message.data_section(Buffer.alloc(1_000_000, 7));
  for (let sent = 0; sent < 100; sent += 1) sender.send({ body });

  const mostWaiting = Math.ceil((64 * 1024 * 1024) / 1_000_000);
  await until(() => append.mock.calls.length >= mostWaiting);
  expect(await settled(other, () => append.mock.calls.length)).toBe(mostWaiting);
  expect(accepted).toBe(0);

  write();
  await until(() => accepted === 100);
});
