import { rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { earliestEventPosition } from '@azure/event-hubs';
import { TestClock } from '@tashika/shared/time';
import { describe, expect, it } from 'vitest';
import { consumerOf, producerOf, readEvents, startRig, temporaryDirectory, until } from './rig.ts';

describe('a start is refused', () => {
  it('when the port is taken', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    await expect(startRig({ port })).rejects.toMatchObject({
      code: 'PORT_BUSY',
      message: expect.stringContaining(String(port)),
    });
    taken.close();
  });

  it('when others could reach the address and that was not allowed', async () => {
    for (const host of ['0.0.0.0', '::', '192.168.1.5', 'example.org']) {
      await expect(startRig({ host })).rejects.toMatchObject({ code: 'ADDRESS_REFUSED' });
    }
    const open = await startRig({ host: '0.0.0.0', allowRemote: true });
    expect(open.connectionString('send')).toMatch(/^Endpoint=sb:\/\/127\.0\.0\.1:\d+;/);
  });

  it('when the data directory can’t be written', async () => {
    const file = join(await temporaryDirectory(), 'a-file');
    await writeFile(file, '');
    for (const dataDirectory of [file, join(file, 'within')]) {
      await expect(startRig({ dataDirectory })).rejects.toMatchObject({ code: 'DATA_DIRECTORY_UNWRITABLE' });
    }
  });

  it('while another uses the data directory, and not after', async () => {
    const dataDirectory = await temporaryDirectory();
    const first = await startRig({ dataDirectory });
    await expect(startRig({ dataDirectory })).rejects.toMatchObject({
      code: 'DATA_DIRECTORY_IN_USE',
      message: expect.stringContaining(String(process.pid)),
    });
    await first.stop();
    await startRig({ dataDirectory });
  });

  it('when a hub is asked for with other partitions than it was made with, a wrong name, or twice', async () => {
    const dataDirectory = await temporaryDirectory();
    await (await startRig({ dataDirectory })).stop();
    const wrong = [
      [{ name: 'telemetry', partitionCount: 8 }],
      [{ name: '../telemetry', partitionCount: 4 }],
      [{ name: 'telemetry', partitionCount: 33 }],
      [
        { name: 'telemetry', partitionCount: 4 },
        { name: 'Telemetry', partitionCount: 4 },
      ],
    ];
    for (const hubs of wrong) {
      await expect(startRig({ dataDirectory, hubs })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    }
    await startRig({ dataDirectory });
  });

  it('when the file of keys holds none', async () => {
    const dataDirectory = await temporaryDirectory();
    await writeFile(join(dataDirectory, 'keys.json'), '{"send":""}');
    await expect(startRig({ dataDirectory })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it.each(['', '{"partitionCount":4', '{}', 'null'])('when the file of a hub holds %j', async (content) => {
    const dataDirectory = await temporaryDirectory();
    await (await startRig({ dataDirectory })).stop();
    const path = join(dataDirectory, 'hubs', 'telemetry', 'hub.json');
    await writeFile(path, content);
    await expect(startRig({ dataDirectory })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(path),
    });
    await rm(path);
    await startRig({ dataDirectory });
  });
});

it('connection strings stay the same from one run to the next, and name hub and policy', async () => {
  const dataDirectory = await temporaryDirectory();
  const first = await startRig({ dataDirectory });
  const { port } = first;
  const string = first.connectionString('listen', 'telemetry');
  expect(string).toMatch(
    /^Endpoint=sb:\/\/127\.0\.0\.1:\d+;SharedAccessKeyName=listen;SharedAccessKey=[A-Za-z0-9+/]{43}=;UseDevelopmentEmulator=true;EntityPath=telemetry$/,
  );
  await first.stop();
  expect((await startRig({ dataDirectory, port })).connectionString('listen', 'telemetry')).toBe(string);
});

it('events that are too old are dropped while it runs', async () => {
  const clock = new TestClock(Date.now());
  const eventHubs = await startRig({ clock, retention: { maxAgeMs: 60_000, maxBytes: 2 ** 30 } });
  const producer = producerOf(eventHubs);
  await producer.sendBatch([{ body: 'old' }], { partitionId: '0' });
  await clock.advance(80_000);
  await until(async () => (await producer.getPartitionProperties('0')).isEmpty);
  await producer.sendBatch([{ body: 'new' }], { partitionId: '0' });

  const [event] = await readEvents(consumerOf(eventHubs), '0', earliestEventPosition, 1);

  expect(event).toMatchObject({ body: 'new', sequenceNumber: 1 });
});

it('peers that speak no AMQP, or break off, disturb nobody', async () => {
  const { connect } = await import('node:net');
  const eventHubs = await startRig();
  const header = Buffer.from('AMQP\x00\x01\x00\x00', 'latin1');
  const rubbish = [
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.from('AMQP\x00\x00\x09\x01', 'latin1'),
    Buffer.concat([header, Buffer.from([0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0])]),
    Buffer.concat([header, Buffer.from([0, 0, 0, 12, 2, 0, 0, 0, 0xde, 0xad, 0xbe, 0xef])]),
    Buffer.concat([header, Buffer.from([0, 0, 0, 8, 9, 0, 0, 0])]),
    Buffer.from('AM'),
  ];
  for (const bytes of rubbish) {
    const socket = connect(eventHubs.port, '127.0.0.1');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined);
    socket.resume();
    socket.write(bytes);
    if (bytes.length < 8) socket.destroy();
    await closed;
  }
  await producerOf(eventHubs).sendBatch([{ body: 'still here' }], { partitionId: '0' });
});
