import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EventHubProducerClient } from '@azure/event-hubs';
import { eventBody } from './events.ts';
import { atLeast, median, type Result, told } from './result.ts';
import { freePort, type Scene } from './scene.ts';

const HUB = 'telemetry';
const PARTITIONS = 4;
const ROUNDS = 3;

interface Speed {
  readonly eventsPerSecond: number;
  readonly eventsPerCpuSecond: number;
}

/** One worker on PGlite, decode to commit, against the bare SDK draining the same events from the same broker. */
export async function workerThroughput(scene: Scene, events: number): Promise<readonly Result[]> {
  const { send, listen } = await scene.startBroker(HUB, PARTITIONS);
  await fill(send, events);
  const bare: Speed[] = [];
  const worker: Speed[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(await bareDrain(listen, events));
    worker.push(await workerDrain(scene, listen, events, round));
  }
  const perSecond = (speeds: readonly Speed[]) => median(speeds.map((speed) => speed.eventsPerSecond));
  const perCpuSecond = (speeds: readonly Speed[]) => median(speeds.map((speed) => speed.eventsPerCpuSecond));
  return [
    atLeast('worker with commit (PGlite) ÷ bare SDK drain, events/s', perSecond(worker) / perSecond(bare), 0.3),
    told(
      'worker with commit ÷ bare SDK drain, events per CPU-second',
      perCpuSecond(worker) / perCpuSecond(bare),
      'ratio',
    ),
    told('worker with commit', perSecond(worker), 'events/s'),
    told('bare SDK drain', perSecond(bare), 'events/s'),
  ];
}

async function fill(connectionString: string, events: number): Promise<void> {
  const producer = new EventHubProducerClient(connectionString, HUB);
  for (let partition = 0; partition < PARTITIONS; partition++) {
    let batch = await producer.createBatch({ partitionId: String(partition) });
    for (let n = partition; n < events; n += PARTITIONS) {
      const event = { body: eventBody(n) };
      if (batch.tryAdd(event)) continue;
      await producer.sendBatch(batch);
      batch = await producer.createBatch({ partitionId: String(partition) });
      batch.tryAdd(event);
    }
    await producer.sendBatch(batch);
  }
  await producer.close();
}

function bareDrain(connectionString: string, events: number): Promise<Speed> {
  const script = new URL('sdk-drain.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, ['--import', 'tsx', script, connectionString, HUB, String(events)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk;
  });
  return new Promise((resolve, reject) => {
    child.once('exit', (code) =>
      code === 0 ? resolve(JSON.parse(output)) : reject(new Error(`The drain ended with ${code}.`)),
    );
  });
}

async function workerDrain(scene: Scene, connectionString: string, events: number, round: number): Promise<Speed> {
  const port = await freePort();
  const cloud = scene.spawn('cloud/dist/main.js', ['all'], {
    TASHIKA_CLOUD_EVENT_HUBS_CONNECTION_STRING: connectionString,
    TASHIKA_CLOUD_EVENT_HUBS_HUB: HUB,
    TASHIKA_CLOUD_STORE_URL: `pglite:${join(scene.directory, `store-${round}`)}`,
    TASHIKA_CLOUD_API_PORT: String(port),
    TASHIKA_CLOUD_LOG_LEVEL: 'warn',
  });
  let begun: { at: number; events: number; cpu: number } | undefined;
  for (;;) {
    const done = await committed(port);
    const now = { at: performance.now(), events: done, cpu: cpuSeconds(cloud.pid!) };
    if (done > 0) begun ??= now;
    if (done >= events && begun) {
      await scene.stop(cloud);
      const counted = now.events - begun.events;
      return {
        eventsPerSecond: counted / ((now.at - begun.at) / 1_000),
        eventsPerCpuSecond: counted / (now.cpu - begun.cpu),
      };
    }
    if (cloud.exitCode !== null) throw new Error(`The cloud program ended with ${cloud.exitCode}.`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function committed(port: number): Promise<number> {
  try {
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    return [...metrics.matchAll(/^tashika_events_total(?:\{[^}]*\})? (\S+)$/gm)].reduce(
      (sum, [, value]) => sum + Number(value),
      0,
    );
  } catch {
    return 0; // not listening yet
  }
}

/** User and system time of a process so far (proc(5), /proc/pid/stat fields 14 and 15, 100 ticks a second). */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
