import { createRequire } from 'node:module';
import { type EventData, earliestEventPosition, latestEventPosition } from '@azure/event-hubs';
import { TestClock } from '@tashika/shared/time';
import { describe, expect, it } from 'vitest';
import { partitionOfKey } from './partition-key.ts';
import { consumerOf, producerOf, readEvents, startRig, until } from './rig.ts';

const require = createRequire(import.meta.url);

describe('the unmodified SDK publishes and reads', () => {
  it('keeps the order, numbers from zero, and brings body, properties and types back as they were', async () => {
    const eventHubs = await startRig();
    const event = {
      body: { region: '東京', values: [1, 2.5, null] },
      messageId: 'm-1',
      correlationId: 'c-1',
      contentType: 'application/json',
      properties: { text: 'ä', number: 7, fraction: 1.5, yes: true },
    };
    await producerOf(eventHubs).sendBatch([event, { body: 'two' }, { body: Buffer.from([0, 255]) }], {
      partitionId: '1',
    });

    const [first, second, third] = await readEvents(consumerOf(eventHubs), '1', earliestEventPosition, 3);

    expect(first).toMatchObject(event);
    expect(first).toMatchObject({ sequenceNumber: 0, offset: '0', partitionKey: undefined });
    expect(second).toMatchObject({ body: 'two', sequenceNumber: 1 });
    expect(third!.body).toEqual(Buffer.from([0, 255]));
    expect(Number(third!.offset)).toBeGreaterThan(Number(second!.offset));
    expect(third!.enqueuedTimeUtc.getTime()).toBeLessThanOrEqual(Date.now());
  });

  it('keeps value and sequence bodies, and the annotations that a sender adds', async () => {
    const eventHubs = await startRig();
    const messages = [
      {
        body: { a: 1 },
        bodyType: 'value' as const,
        messageAnnotations: { 'x-opt-own': 'kept', 'x-opt-offset': 'forged' },
      },
      { body: [['x', 'y']], bodyType: 'sequence' as const },
    ];
    await producerOf(eventHubs).sendBatch(messages, { partitionId: '0' });
    await producerOf(eventHubs).sendBatch([messages[0]!], { partitionId: '0' });

    const events = await readEvents(consumerOf(eventHubs), '0', earliestEventPosition, 3);
    const raw = events.map((event) => event.getRawAmqpMessage());

    expect(raw.map(({ bodyType }) => bodyType)).toEqual(['value', 'sequence', 'value']);
    expect(raw[0]!.messageAnnotations).toMatchObject({ 'x-opt-own': 'kept', 'x-opt-offset': '0' });
    expect(raw[2]!.messageAnnotations).toMatchObject({ 'x-opt-own': 'kept' });
    expect(raw[2]!.messageAnnotations!['x-opt-offset']).toBe(events[2]!.offset);
  });

  it('brings events with the same key to the partition that the SDK itself would choose', async () => {
    const eventHubs = await startRig();
    const producer = producerOf(eventHubs);
    const consumer = consumerOf(eventHubs);
    for (const partitionKey of ['kyoto', '札幌', 'device-17', 'x'.repeat(128)]) {
      const id = String(partitionOfKey(partitionKey, 4));
      const { lastEnqueuedSequenceNumber } = await producer.getPartitionProperties(id);
      const batch = await producer.createBatch({ partitionKey });
      batch.tryAdd({ body: 'in a batch' });
      batch.tryAdd({ body: 'with another' });
      await producer.sendBatch(batch);
      await producer.sendBatch([{ body: 'alone' }], { partitionKey });

      const position = { sequenceNumber: lastEnqueuedSequenceNumber };
      const events = await readEvents(consumer, id, position, 3);

      expect(events.map((event) => [event.body, event.partitionKey])).toEqual([
        ['in a batch', partitionKey],
        ['with another', partitionKey],
        ['alone', partitionKey],
      ]);
    }
  });

  it('gives events without a key to each partition in turn', async () => {
    const eventHubs = await startRig();
    const producer = producerOf(eventHubs);
    for (let count = 0; count < 8; count += 1) await producer.sendBatch([{ body: count }]);

    const ids = await producer.getPartitionIds();
    const last = await Promise.all(ids.map((id) => producer.getPartitionProperties(id)));

    expect(last.map((partition) => partition.lastEnqueuedSequenceNumber)).toEqual([1, 1, 1, 1]);
  });

  it('serves the buffered producer, whose own choice of partitions agrees with the hub', async () => {
    const eventHubs = await startRig();
    const { EventHubBufferedProducerClient } = require('@azure/event-hubs') as typeof import('@azure/event-hubs');
    const errors: unknown[] = [];
    const producer = new EventHubBufferedProducerClient(eventHubs.connectionString('send', 'telemetry'), {
      onSendEventsErrorHandler: async (context) => {
        errors.push(context.error);
      },
    });
    for (let device = 0; device < 50; device += 1) {
      await producer.enqueueEvent({ body: `device-${device}` }, { partitionKey: `device-${device}` });
    }
    await producer.close();

    expect(errors).toEqual([]);
    const properties = await Promise.all(
      ['0', '1', '2', '3'].map((id) => producerOf(eventHubs).getPartitionProperties(id)),
    );
    const expected = [0, 0, 0, 0];
    for (let device = 0; device < 50; device += 1) expected[partitionOfKey(`device-${device}`, 4)]! += 1;
    expect(properties.map((each) => each.lastEnqueuedSequenceNumber + 1)).toEqual(expected);
  });

  it('carries messages of many frames in both directions', async () => {
    const eventHubs = await startRig();
    const producer = producerOf(eventHubs);
    const large = Buffer.alloc(1_000_000, 'あ');
    await producer.sendBatch([{ body: large }], { partitionId: '0' });
    await producer.sendBatch([{ body: 'small' }, { body: Buffer.alloc(200_000, 1) }], { partitionId: '0' });

    const events = await readEvents(consumerOf(eventHubs), '0', earliestEventPosition, 3);

    expect(large.equals(events[0]!.body as Buffer)).toBe(true);
    expect(events[1]!.body).toBe('small');
    expect((events[2]!.body as Buffer).length).toBe(200_000);
  });

  it('tells a batch the service’s limit of 1 MiB', async () => {
    const batch = await producerOf(await startRig()).createBatch();
    expect(batch.maxSizeInBytes).toBe(1024 * 1024);
  });

  it('keeps two hubs apart, whatever the case of their names', async () => {
    const eventHubs = await startRig({
      hubs: [
        { name: 'telemetry', partitionCount: 1 },
        { name: 'Alarms', partitionCount: 2 },
      ],
    });
    await producerOf(eventHubs).sendBatch([{ body: 'a reading' }], { partitionId: '0' });
    await producerOf(eventHubs, 'send', 'alarms').sendBatch([{ body: 'an alarm' }], { partitionId: '0' });

    const ofTelemetry = await readEvents(consumerOf(eventHubs), '0', earliestEventPosition, 1);
    const ofAlarms = await readEvents(consumerOf(eventHubs, { hub: 'ALARMS' }), '0', earliestEventPosition, 1);

    expect(ofTelemetry.map((event) => event.body)).toEqual(['a reading']);
    expect(ofAlarms.map((event) => event.body)).toEqual(['an alarm']);
    expect((await producerOf(eventHubs, 'send', 'Alarms').getPartitionIds()).length).toBe(2);
  });

  it('serves consumer groups independently of each other, by names in any case', async () => {
    const eventHubs = await startRig();
    await producerOf(eventHubs).sendBatch([{ body: 'once' }], { partitionId: '0' });
    for (const group of ['$default', 'Dashboard', '$Default']) {
      const events = await readEvents(consumerOf(eventHubs, { group }), '0', earliestEventPosition, 1);
      expect(events.map((event) => event.body)).toEqual(['once']);
    }
  });
});

describe('start positions', () => {
  const bodies = (events: EventData[]) => events.map((event) => event.body as number);

  it('starts at or after a sequence number, an offset or a time', async () => {
    const clock = new TestClock(Date.now());
    const eventHubs = await startRig({ clock });
    const producer = producerOf(eventHubs);
    for (let number = 0; number < 5; number += 1) {
      await producer.sendBatch([{ body: number }], { partitionId: '0' });
      clock.setWall(clock.now() + 1000);
    }
    const consumer = consumerOf(eventHubs);
    const all = await readEvents(consumer, '0', earliestEventPosition, 5);
    const { offset, sequenceNumber, enqueuedTimeUtc } = all[2]!;

    expect(bodies(all)).toEqual([0, 1, 2, 3, 4]);
    expect(bodies(await readEvents(consumer, '0', { sequenceNumber }, 2))).toEqual([3, 4]);
    expect(bodies(await readEvents(consumer, '0', { sequenceNumber, isInclusive: true }, 3))).toEqual([2, 3, 4]);
    expect(bodies(await readEvents(consumer, '0', { offset }, 2))).toEqual([3, 4]);
    expect(bodies(await readEvents(consumer, '0', { offset, isInclusive: true }, 3))).toEqual([2, 3, 4]);
    expect(bodies(await readEvents(consumer, '0', { enqueuedOn: enqueuedTimeUtc }, 2))).toEqual([3, 4]);
    expect(bodies(await readEvents(consumer, '0', { enqueuedOn: new Date(enqueuedTimeUtc.getTime() - 1) }, 3))).toEqual(
      [2, 3, 4],
    );
    expect(bodies(await readEvents(consumer, '0', { enqueuedOn: 0 }, 5))).toEqual([0, 1, 2, 3, 4]);
  });

  it('starts at the end with what comes next', async () => {
    const eventHubs = await startRig();
    const producer = producerOf(eventHubs);
    await producer.sendBatch([{ body: 'before' }], { partitionId: '0' });
    const received: unknown[] = [];
    let idle = false;
    const subscription = consumerOf(eventHubs).subscribe(
      '0',
      {
        processEvents: async (events) => {
          // The first empty batch tells that the reader is attached.
          idle ||= events.length === 0;
          received.push(...events.map((event) => event.body));
        },
        processError: async (error) => {
          received.push(error);
        },
      },
      { startPosition: latestEventPosition, maxWaitTimeInSeconds: 0.5 },
    );
    await until(() => idle);
    await producer.sendBatch([{ body: 'after' }], { partitionId: '0' });
    await until(() => received.length > 0);
    await subscription.close();

    expect(received).toEqual(['after']);
  });

  it('finds its place far back in a log of many segments, and reads on to the end', async () => {
    const eventHubs = await startRig({ segmentBytes: 200_000 });
    const producer = producerOf(eventHubs);
    for (let first = 0; first < 6000; first += 500) {
      const events = Array.from({ length: 500 }, (_, index) => ({
        body: { number: first + index, pad: 'x'.repeat(150) },
      }));
      await producer.sendBatch(events, { partitionId: '2' });
    }

    const events = await readEvents(consumerOf(eventHubs), '2', { sequenceNumber: 1234 }, 6000 - 1235);

    expect(events.map((event) => event.sequenceNumber)).toEqual(
      Array.from({ length: 4765 }, (_, index) => 1235 + index),
    );
    expect(events.every((event) => (event.body as { number: number }).number === event.sequenceNumber)).toBe(true);
  });
});

describe('runtime information', () => {
  it('describes the hub and a partition that never had an event', async () => {
    const clock = new TestClock(Date.now());
    const producer = producerOf(await startRig({ clock }));

    expect(await producer.getEventHubProperties()).toMatchObject({
      name: 'telemetry',
      partitionIds: ['0', '1', '2', '3'],
      createdOn: new Date(clock.now()),
    });
    expect(await producer.getPartitionProperties('3')).toEqual({
      eventHubName: 'telemetry',
      partitionId: '3',
      isEmpty: true,
      beginningSequenceNumber: 0,
      lastEnqueuedSequenceNumber: -1,
      lastEnqueuedOffset: '-1',
      lastEnqueuedOnUtc: new Date(0),
    });
  });

  it('describes what was enqueued last, for any of the policies', async () => {
    const eventHubs = await startRig();
    await producerOf(eventHubs).sendBatch([{ body: 1 }, { body: 2 }], { partitionId: '0' });
    const [, last] = await readEvents(consumerOf(eventHubs), '0', earliestEventPosition, 2);

    for (const policy of ['send', 'listen', 'manage'] as const) {
      expect(await consumerOf(eventHubs, { policy }).getPartitionProperties('0')).toMatchObject({
        isEmpty: false,
        beginningSequenceNumber: 0,
        lastEnqueuedSequenceNumber: 1,
        lastEnqueuedOffset: last!.offset,
        lastEnqueuedOnUtc: last!.enqueuedTimeUtc,
      });
    }
  });

  it('sends the partition’s last event along with each event when the reader tracks it', async () => {
    const eventHubs = await startRig();
    await producerOf(eventHubs).sendBatch([{ body: 1 }, { body: 2 }, { body: Buffer.alloc(100_000) }], {
      partitionId: '0',
    });
    const tracked = await new Promise((resolve, reject) => {
      const consumer = consumerOf(eventHubs);
      consumer.subscribe(
        '0',
        {
          processEvents: async (events, context) => {
            if (events.length > 0) resolve(context.lastEnqueuedEventProperties);
          },
          processError: async (error) => reject(error),
        },
        { startPosition: earliestEventPosition, trackLastEnqueuedEventProperties: true, maxWaitTimeInSeconds: 1 },
      );
    });

    expect(tracked).toMatchObject({ sequenceNumber: 2, enqueuedOn: expect.any(Date), retrievedOn: expect.any(Date) });
  });
});
