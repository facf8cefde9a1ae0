import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EventHubProducerClient, earliestEventPosition } from '@azure/event-hubs';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { KeySlot, PolicyName } from './keys.ts';
import { consumerOf, NO_RETRIES, readEvents, refusalOf, startRig, temporaryDirectory } from './rig.ts';
import type { EventHubs } from './server.ts';

function producerWith(eventHubs: EventHubs, slot: KeySlot): EventHubProducerClient {
  const producer = new EventHubProducerClient(eventHubs.connectionString('send', 'telemetry', slot), NO_RETRIES);
  onTestFinished(() => producer.close());
  return producer;
}

const send = (producer: EventHubProducerClient, body: string) => producer.sendBatch([{ body }], { partitionId: '0' });

const keysOf = (eventHubs: EventHubs, policy: PolicyName) => [
  eventHubs.keyOf(policy, 'primary'),
  eventHubs.keyOf(policy, 'secondary'),
];

it('both keys of a policy are good at the same time', async () => {
  const eventHubs = await startRig();
  await send(producerWith(eventHubs, 'primary'), 'a');
  await send(producerWith(eventHubs, 'secondary'), 'b');
  const read = await readEvents(consumerOf(eventHubs), '0', earliestEventPosition, 2);
  expect(read.map(({ body }) => body)).toEqual(['a', 'b']);
});

describe('once a key is regenerated', () => {
  it('a new connection with the former one is refused, and with the new one and with the other one let in', async () => {
    const eventHubs = await startRig();
    const former = producerWith(eventHubs, 'primary');
    const other = producerWith(eventHubs, 'secondary');
    await eventHubs.regenerateKey('send', 'primary');
    expect(await refusalOf(send(former, 'too late'))).toEqual({
      code: 'UnauthorizedError',
      message: expect.stringContaining('InvalidSignature'),
    });
    expect(eventHubs.refusals).toBe(1);
    await send(other, 'a');
    await send(producerWith(eventHubs, 'primary'), 'b');
    expect(eventHubs.refusals).toBe(1);
    expect((await other.getPartitionProperties('0')).lastEnqueuedSequenceNumber).toBe(1);
  });

  it('the other policies keep theirs', async () => {
    const eventHubs = await startRig();
    const before = [...keysOf(eventHubs, 'listen'), ...keysOf(eventHubs, 'manage')];
    await eventHubs.regenerateKey('send', 'secondary');
    expect([...keysOf(eventHubs, 'listen'), ...keysOf(eventHubs, 'manage')]).toEqual(before);
  });

  it('a link that was open goes on while its token is good', async () => {
    const eventHubs = await startRig();
    const open = producerWith(eventHubs, 'primary');
    await send(open, 'a');
    await eventHubs.regenerateKey('send', 'primary');
    await send(open, 'b');
  });

  it('a link that was open ends with its key where the stand-in is told so', async () => {
    const eventHubs = await startRig({ regeneratedKeyMs: 0 });
    const open = producerWith(eventHubs, 'primary');
    const other = producerWith(eventHubs, 'secondary');
    await send(open, 'a');
    await send(other, 'b');
    await eventHubs.regenerateKey('send', 'primary');
    expect(await refusalOf(send(open, 'c'))).toEqual({
      code: 'UnauthorizedError',
      message: expect.stringContaining('InvalidSignature'),
    });
    await send(other, 'd');
    expect((await other.getPartitionProperties('0')).lastEnqueuedSequenceNumber).toBe(2);
  });
});

it('the next start has the keys of the last one, regenerated ones too', async () => {
  const dataDirectory = await temporaryDirectory();
  const first = await startRig({ dataDirectory });
  const [primary] = keysOf(first, 'send');
  await Promise.all([first.regenerateKey('send', 'secondary'), first.regenerateKey('listen', 'primary')]);
  const kept = [keysOf(first, 'send'), keysOf(first, 'listen')];
  await first.stop();
  const second = await startRig({ dataDirectory });
  expect([keysOf(second, 'send'), keysOf(second, 'listen')]).toEqual(kept);
  expect(kept[0]![0]).toBe(primary);
});

it('a file with one key for each policy is read: it is the primary one, and the secondary stays as it was made', async () => {
  const dataDirectory = await temporaryDirectory();
  const file = join(dataDirectory, 'keys.json');
  await writeFile(file, JSON.stringify({ send: 'one', listen: 'two', manage: 'three' }));
  const first = await startRig({ dataDirectory });
  const [primary, secondary] = keysOf(first, 'send');
  expect(primary).toBe('one');
  await first.stop();
  const second = await startRig({ dataDirectory });
  expect(keysOf(second, 'send')).toEqual(['one', secondary]);
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ send: { primary: 'one', secondary } });
});
