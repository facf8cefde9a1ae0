import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  EventHubConsumerClient,
  EventHubProducerClient,
  earliestEventPosition,
  type ReceivedEventData,
} from '@azure/event-hubs';
import { nodeArgsOf } from '@tashika/shared/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type OpenSegmentFile, openSegmentFile } from './log/index.ts';
import {
  consumerOf,
  NO_RETRIES,
  producerOf,
  readEvents,
  refusalOf,
  startRig,
  temporaryDirectory,
  until,
} from './rig.ts';
import type { EventHubsOptions } from './server.ts';

/** Root can mount a small tmpfs; others get segment files whose writes fail. */
const DISK = mountable() ? 'a tmpfs' : 'writes that fail';

const MAIN = nodeArgsOf(new URL('main.ts', import.meta.url));

interface Program {
  readonly process: ChildProcess;
  readonly send: string;
  readonly listen: string;
}

/** The stand-in as a process of its own, as `npm run event-hubs` starts it. */
async function spawnProgram(directory: string): Promise<Program> {
  const args = [...MAIN, '--port', '0', '--data', directory];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const [send, listen] = [await lines.next(), await lines.next()].map(({ value }) => value as string);
  return { process: child, send: send!, listen: listen! };
}

async function kill(program: Program): Promise<void> {
  const exited = once(program.process, 'exit');
  program.process.kill('SIGKILL');
  await exited;
}

const place = ({ sequenceNumber, offset, body, enqueuedTimeUtc }: ReceivedEventData) => {
  return `${sequenceNumber}@${offset} ${enqueuedTimeUtc.getTime()} ${String(body)}`;
};

describe('a process that is killed with -9', () => {
  it('loses nothing that it acknowledged, and every event keeps its sequence number and offset', async () => {
    const directory = await temporaryDirectory();
    const acknowledged = new Set<string>();
    const tried = new Set<string>();
    const seen = new Map<string, string>();
    for (let life = 0; life < 3; life += 1) {
      const program = await spawnProgram(directory);
      const producer = new EventHubProducerClient(program.send, NO_RETRIES);
      const consumer = new EventHubConsumerClient('$Default', program.listen, NO_RETRIES);
      consumer.subscribe(
        {
          processEvents: async (events, { partitionId }) => {
            for (const event of events) seen.set(`${partitionId} ${String(event.body)}`, place(event));
          },
          processError: async () => undefined,
        },
        { startPosition: earliestEventPosition, maxBatchSize: 100, maxWaitTimeInSeconds: 1 },
      );
      let alive = true;
      const sender = async (name: number) => {
        for (let batch = 0; alive; batch += 1) {
          const partitionId = String((name + batch) % 4);
          const bodies = Array.from(
            { length: 1 + (batch % 7) },
            (_, index) => `life ${life} sender ${name} ${batch}.${index}`,
          );
          for (const body of bodies) tried.add(`${partitionId} ${body}`);
          await producer.sendBatch(
            bodies.map((body) => ({ body })),
            { partitionId },
          );
          for (const body of bodies) acknowledged.add(`${partitionId} ${body}`);
        }
      };
      const before = acknowledged.size;
      const sending = [0, 1, 2, 3, 4, 5].map(sender);
      await until(() => acknowledged.size > before + 300 && seen.size > before);
      await kill(program);
      alive = false;
      // The SDK takes its whole time-out to see that a send is lost; nothing can be acknowledged any more.
      void Promise.allSettled([...sending, producer.close(), consumer.close()]);
    }

    const eventHubs = await startRig({ dataDirectory: directory });
    const after = new Map<string, string>();
    let events = 0;
    for (const { partition, recovery } of eventHubs.report.partitions) {
      expect(recovery.damage).toEqual([]);
      const found = await readEvents(consumerOf(eventHubs), partition, earliestEventPosition, recovery.events);
      expect(found.map((event) => event.sequenceNumber)).toEqual(found.map((_, index) => index));
      for (const event of found) after.set(`${partition} ${String(event.body)}`, place(event));
      events += found.length;
    }

    expect([...acknowledged].filter((event) => !after.has(event))).toEqual([]);
    expect([...seen].filter(([event, where]) => after.get(event) !== where)).toEqual([]);
    expect([...after.keys()].filter((event) => !tried.has(event))).toEqual([]);
    expect(events).toBe(after.size);
    expect(seen.size).toBeGreaterThan(100);
  });

  it('leaves no lock stuck and no other keys: the next one starts at once with the same connection strings', async () => {
    const directory = await temporaryDirectory();
    const first = await spawnProgram(directory);
    await kill(first);
    const second = await spawnProgram(directory);
    const withoutPort = (text: string) => text.replace(/127\.0\.0\.1:\d+/, '');
    expect([second.send, second.listen].map(withoutPort)).toEqual([first.send, first.listen].map(withoutPort));
  });
});

describe('a disk that is full', () => {
  it(`refuses events as a busy server does, loses nothing, and takes events when there is room (${DISK})`, async () => {
    const disk = await smallDisk();
    const eventHubs = await startRig(disk.options);
    const producer = producerOf(eventHubs);
    const send = (body: number) => producer.sendBatch([{ body }, { body: Buffer.alloc(30_000) }], { partitionId: '0' });
    let stored = 0;
    let refusal: { code: string | undefined } | undefined;
    while (!refusal) {
      try {
        await send(stored);
        stored += 1;
      } catch (error) {
        refusal = error as { code: string | undefined };
      }
    }
    expect(refusal.code).toBe('ServerBusyError');
    expect(stored).toBeGreaterThan(10);
    expect((await refusalOf(send(-1))).code).toBe('ServerBusyError');
    const consumer = consumerOf(eventHubs);
    const numbers = (events: ReceivedEventData[]) =>
      events.filter((_, index) => index % 2 === 0).map(({ body }) => body as number);
    const expected = Array.from({ length: stored }, (_, index) => index);
    expect(numbers(await readEvents(consumer, '0', earliestEventPosition, 2 * stored))).toEqual(expected);

    await disk.makeRoom();
    await send(stored);

    expect((await producer.getPartitionProperties('0')).lastEnqueuedSequenceNumber).toBe(2 * stored + 1);
    await eventHubs.stop();
    const again = await startRig(disk.options);
    const after = await readEvents(consumerOf(again), '0', earliestEventPosition, 2 * stored + 2);
    expect(numbers(after)).toEqual([...expected, stored]);
  });
});

describe('a stop', () => {
  it('by SIGTERM ends the program with 0, with everything written and the lock gone', async () => {
    const directory = await temporaryDirectory();
    const program = await spawnProgram(directory);
    const producer = new EventHubProducerClient(program.send, NO_RETRIES);
    onTestFinished(() => producer.close());
    await producer.sendBatch([{ body: 1 }], { partitionId: '0' });
    const exited = once(program.process, 'exit');
    program.process.kill('SIGTERM');

    expect(await exited).toEqual([0, null]);
    expect((await readdir(directory)).sort()).toEqual(['hubs', 'keys.json']);
    expect((await stat(join(directory, 'keys.json'))).mode & 0o777).toBe(0o600);
  });

  it('is told to clients, which come back to the next one and miss nothing', async () => {
    const dataDirectory = await temporaryDirectory();
    const first = await startRig({ dataDirectory });
    const { port } = first;
    const bodies: unknown[] = [];
    const patient = { retryOptions: { maxRetries: 200, retryDelayInMs: 50, maxRetryDelayInMs: 50 } };
    consumerOf(first, {}, patient).subscribe(
      '0',
      {
        processEvents: async (events) => {
          bodies.push(...events.map((event) => event.body));
        },
        processError: async () => undefined,
      },
      { startPosition: earliestEventPosition, maxWaitTimeInSeconds: 1 },
    );
    await producerOf(first).sendBatch([{ body: 'before' }], { partitionId: '0' });
    await until(() => bodies.length === 1);

    await first.stop();
    const second = await startRig({ dataDirectory, port });
    await producerOf(second).sendBatch([{ body: 'after' }], { partitionId: '0' });
    await until(() => bodies.length === 2);

    expect(bodies).toEqual(['before', 'after']);
  });

  it('acknowledges what it has taken, and may be asked for twice', async () => {
    const dataDirectory = await temporaryDirectory();
    const eventHubs = await startRig({ dataDirectory });
    // What the stop cuts off while its link opens waits this long, three times over, before the client gives up.
    const soonGivingUp = { retryOptions: { maxRetries: 0, timeoutInMs: 5_000 } };
    const producer = new EventHubProducerClient(eventHubs.connectionString('send', 'telemetry'), soonGivingUp);
    onTestFinished(() => producer.close());
    await producer.sendBatch([{ body: 'warm' }], { partitionId: '0' });
    const sending = Array.from({ length: 50 }, (_, body) => producer.sendBatch([{ body }], { partitionId: '1' }));
    const outcomes = Promise.allSettled(sending);
    await Promise.all([eventHubs.stop(), eventHubs.stop()]);
    const accepted = (await outcomes).filter(({ status }) => status === 'fulfilled').length;

    const again = await startRig({ dataDirectory });

    const kept = again.report.partitions.find(({ partition }) => partition === '1')!.recovery.events;
    expect(kept).toBeGreaterThanOrEqual(accepted);
  });
});

/** A disk with room for a megabyte, and then another. */
async function smallDisk(): Promise<{ options: Partial<EventHubsOptions>; makeRoom: () => Promise<void> }> {
  const directory = await temporaryDirectory();
  if (DISK === 'writes that fail') {
    const room = { bytes: 1_000_000 };
    const makeRoom = async () => {
      room.bytes += 1_000_000;
    };
    return { options: { dataDirectory: directory, openFile: openOnDisk(room) }, makeRoom };
  }
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', directory]);
  onTestFinished(() => {
    execFileSync('umount', ['--lazy', directory]);
  });
  const ballast = join(directory, 'ballast');
  await writeFile(ballast, Buffer.alloc(1_000_000));
  return { options: { dataDirectory: join(directory, 'data') }, makeRoom: () => writeFile(ballast, '') };
}

/** Segment files on a disk with room for `room.bytes` more. */
function openOnDisk(room: { bytes: number }): OpenSegmentFile {
  return async (path, options) => {
    const file = await openSegmentFile(path, options);
    const write = file.write.bind(file);
    file.write = async (bytes, position) => {
      if (bytes.length > room.bytes) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      room.bytes -= bytes.length;
      await write(bytes, position);
    };
    return file;
  };
}

function mountable(): boolean {
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
