import { EventHubConsumerClient, EventHubProducerClient, earliestEventPosition } from '@azure/event-hubs';
import { TestClock } from '@tashika/shared/time';
import { describe, expect, it, onTestFinished } from 'vitest';
import { consumerOf, NO_RETRIES, producerOf, readEvents, refusalOf, sasToken, startRig, until } from './rig.ts';
import type { EventHubs } from './server.ts';

const HOUR_MS = 3_600_000;
const KEYS = { send: 'send-key', listen: 'listen-key', manage: 'manage-key' };

/** A client that brings its own token instead of a key. */
function connectionStringWith(eventHubs: EventHubs, token: string): string {
  const endpoint = `Endpoint=sb://127.0.0.1:${eventHubs.port}`;
  return `${endpoint};SharedAccessSignature=${token};UseDevelopmentEmulator=true;EntityPath=telemetry`;
}

function producerWith(connectionString: string): EventHubProducerClient {
  const producer = new EventHubProducerClient(connectionString, NO_RETRIES);
  onTestFinished(() => producer.close());
  return producer;
}

const send = (producer: EventHubProducerClient) => producer.sendBatch([{ body: 1 }]);

describe('a token is refused', () => {
  it('when it is made with a wrong key', async () => {
    const wrong = (await startRig())
      .connectionString('send', 'telemetry')
      .replace(/AccessKey=[^;]+/, 'AccessKey=d3Jvbmc=');
    expect(await refusalOf(send(producerWith(wrong)))).toEqual({
      code: 'UnauthorizedError',
      message: expect.stringContaining('InvalidSignature'),
    });
  });

  it('when it names a policy that is not there', async () => {
    const unknown = (await startRig()).connectionString('send', 'telemetry').replace('KeyName=send', 'KeyName=root');
    expect((await refusalOf(send(producerWith(unknown)))).code).toBe('UnauthorizedError');
  });

  it('when it has expired', async () => {
    const eventHubs = await startRig({ keys: KEYS });
    const resource = `sb://127.0.0.1:${eventHubs.port}/telemetry`;
    const token = sasToken({ resource, policy: 'send', key: KEYS.send, expiresAt: Date.now() - 1000 });
    expect(await refusalOf(send(producerWith(connectionStringWith(eventHubs, token))))).toEqual({
      code: 'UnauthorizedError',
      message: expect.stringContaining('ExpiredToken'),
    });
  });

  it('when it is for another hub', async () => {
    const eventHubs = await startRig({ keys: KEYS });
    const token = (hub: string) => {
      const resource = `sb://127.0.0.1:${eventHubs.port}/${hub}`;
      return sasToken({ resource, policy: 'send', key: KEYS.send, expiresAt: Date.now() + HOUR_MS });
    };
    expect(await refusalOf(send(producerWith(connectionStringWith(eventHubs, token('telemetry2')))))).toEqual({
      code: 'UnauthorizedError',
      message: expect.stringContaining('InvalidAudience'),
    });
    await send(producerWith(connectionStringWith(eventHubs, token('telemetry'))));
    await send(producerWith(connectionStringWith(eventHubs, token(''))));
  });
});

describe('a link is refused', () => {
  it('when a Listen key sends', async () => {
    expect(await refusalOf(send(producerOf(await startRig(), 'listen')))).toEqual({
      code: 'UnauthorizedError',
      message: expect.stringContaining("'Send' claim(s) are required"),
    });
  });

  it('when a Send key reads', async () => {
    const consumer = consumerOf(await startRig(), { policy: 'send' });
    expect(await refusalOf(readEvents(consumer, '0', earliestEventPosition, 1))).toEqual({
      code: 'UnauthorizedError',
      message: expect.stringContaining("'Listen' claim(s) are required"),
    });
  });

  it('when the hub is not there', async () => {
    const eventHubs = await startRig();
    expect((await refusalOf(send(producerOf(eventHubs, 'send', 'nowhere')))).code).toBe('MessagingEntityNotFoundError');
    const consumer = consumerOf(eventHubs, { hub: 'nowhere' });
    expect((await refusalOf(consumer.getPartitionIds())).code).toBe('MessagingEntityNotFoundError');
    const reading = readEvents(consumer, '0', earliestEventPosition, 1);
    expect((await refusalOf(reading)).code).toBe('MessagingEntityNotFoundError');
  });

  it('when the consumer group is not there', async () => {
    const reading = readEvents(consumerOf(await startRig(), { group: 'nobody' }), '0', earliestEventPosition, 1);
    expect((await refusalOf(reading)).code).toBe('MessagingEntityNotFoundError');
  });

  it('when the partition is not there', async () => {
    const eventHubs = await startRig();
    const sending = producerOf(eventHubs).sendBatch([{ body: 1 }], { partitionId: '4' });
    expect(await refusalOf(sending)).toEqual({
      code: 'ArgumentOutOfRangeError',
      message: expect.stringContaining('between 0 and 3'),
    });
    const reading = readEvents(consumerOf(eventHubs), '4', earliestEventPosition, 1);
    expect((await refusalOf(reading)).code).toBe('ArgumentOutOfRangeError');
    expect((await refusalOf(producerOf(eventHubs).getPartitionProperties('4'))).code).toBe('ArgumentOutOfRangeError');
  });

  it('when the offset is none', async () => {
    const reading = readEvents(consumerOf(await startRig()), '0', { offset: 'somewhere' }, 1);
    expect((await refusalOf(reading)).code).toBe('ArgumentError');
  });

  it('and the connection serves other links', async () => {
    const eventHubs = await startRig();
    const producer = producerOf(eventHubs);
    await refusalOf(producer.sendBatch([{ body: 1 }], { partitionId: '9' }));
    await producer.sendBatch([{ body: 2 }], { partitionId: '0' });
    expect((await producer.getPartitionProperties('0')).lastEnqueuedSequenceNumber).toBe(0);
  });
});

it('an open link ends with its token: nothing more is stored from it, nothing more is sent to it', async () => {
  const clock = new TestClock(Date.now());
  const eventHubs = await startRig({ clock, keys: KEYS });
  const connectionString = (expiresAt: number) => {
    const resource = `sb://127.0.0.1:${eventHubs.port}/telemetry`;
    return connectionStringWith(eventHubs, sasToken({ resource, policy: 'manage', key: KEYS.manage, expiresAt }));
  };
  const short = connectionString(clock.now() + HOUR_MS);
  const long = producerWith(connectionString(clock.now() + 3 * HOUR_MS));
  const publish = (producer: EventHubProducerClient, body: string) =>
    producer.sendBatch([{ body }], { partitionId: '0' });
  const producer = producerWith(short);
  await publish(producer, 'in time');
  const consumer = new EventHubConsumerClient('$Default', short, NO_RETRIES);
  onTestFinished(() => consumer.close());
  const bodies: unknown[] = [];
  const failed = new Promise<{ code?: string }>((resolve) => {
    consumer.subscribe(
      '0',
      {
        processEvents: async (events) => {
          bodies.push(...events.map((event) => event.body));
        },
        processError: async (error) => resolve(error as { code?: string }),
      },
      { startPosition: earliestEventPosition, maxWaitTimeInSeconds: 1 },
    );
  });
  await until(() => bodies.length === 1);

  clock.setWall(clock.now() + 2 * HOUR_MS);
  expect((await refusalOf(publish(producer, 'too late'))).code).toBe('UnauthorizedError');
  await publish(long, 'from another');

  expect((await failed).code).toBe('UnauthorizedError');
  expect(bodies).toEqual(['in time']);
  expect((await long.getPartitionProperties('0')).lastEnqueuedSequenceNumber).toBe(1);
});

describe('a message is refused', () => {
  it('when it is larger than the link allows, and the link goes on', async () => {
    const eventHubs = await startRig({ limits: { maxMessageBytes: 100_000 } });
    const producer = producerOf(eventHubs);
    const batch = await producer.createBatch({ partitionId: '0' });
    expect(batch.tryAdd({ body: Buffer.alloc(100_001) })).toBe(false);
    expect((await refusalOf(producer.sendBatch([{ body: Buffer.alloc(100_001) }], { partitionId: '0' }))).code).toBe(
      'MessageTooLargeError',
    );
    await producer.sendBatch([{ body: 'small' }], { partitionId: '0' });
    expect((await producer.getPartitionProperties('0')).lastEnqueuedSequenceNumber).toBe(0);
  });

  it('when its partition key is longer than 128 characters', async () => {
    const sending = producerOf(await startRig()).sendBatch([{ body: 1 }], { partitionKey: 'k'.repeat(129) });
    expect((await refusalOf(sending)).code).toBe('ArgumentError');
  });
});
