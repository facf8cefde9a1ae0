import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fillHub, HUB } from './fill.ts';
import { type BenchServer, StoreWatch, startPostgres } from './postgres.ts';
import { cpuSeconds, load } from './process.ts';
import { atLeast, median, type Result, told } from './result.ts';
import { freePort, type Scene } from './scene.ts';

const PARTITIONS = 4;
const ROUNDS = 3;
/** The name under which one worker's speed is told. */
export const ONE_WORKER = 'one worker with PostgreSQL';
/** Often enough to see the first commits and the last; a look costs the server well under a millisecond. */
const LOOK_EVERY_MS = 50;

interface Speed {
  readonly eventsPerSecond: number;
  readonly eventsPerCpuSecond: number;
}

/**
 * Worker processes on PostgreSQL, decode to commit, against the bare SDK draining the same events from the same
 * broker: one worker, two, and one on PGlite, in turn.
 */
export async function workerThroughput(scene: Scene, events: number, rounds = ROUNDS): Promise<readonly Result[]> {
  const { send, listen } = await scene.startBroker(HUB, PARTITIONS);
  await fillHub(send, PARTITIONS, events);
  const server = await startPostgres(scene.directory);
  const speeds = { bare: [] as Speed[], one: [] as Speed[], two: [] as Speed[], pglite: [] as Speed[] };
  const loads: number[] = [];
  try {
    for (let round = 0; round < rounds; round++) {
      speeds.bare.push(await bareDrain(listen, events));
      speeds.one.push(await drain(scene, server, listen, events, 1));
      speeds.two.push(await drain(scene, server, listen, events, 2));
      loads.push(load());
      speeds.pglite.push(await pgliteDrain(scene, listen, events, round));
    }
  } finally {
    await server.stop();
  }
  const perSecond = (who: keyof typeof speeds) => median(speeds[who].map((speed) => speed.eventsPerSecond));
  const perCpu = (who: keyof typeof speeds) => median(speeds[who].map((speed) => speed.eventsPerCpuSecond));
  return [
    atLeast('one worker with PostgreSQL ÷ bare SDK drain, events/s', perSecond('one') / perSecond('bare'), 0.8),
    atLeast('… events per CPU-second of the process', perCpu('one') / perCpu('bare'), 0.8),
    atLeast('2 workers on 4 partitions ÷ 1, where cores are free', perSecond('two') / perSecond('one'), 1.6),
    told('… load average of the machine beside it', median(loads), 'processes'),
    told(ONE_WORKER, perSecond('one'), 'events/s'),
    told('one worker with PostgreSQL, per CPU-second', perCpu('one'), 'events/s'),
    told('bare SDK drain', perSecond('bare'), 'events/s'),
    told('bare SDK drain, per CPU-second', perCpu('bare'), 'events/s'),
    told('one process with PGlite ÷ bare SDK drain, events/s', perSecond('pglite') / perSecond('bare'), 'ratio'),
  ];
}

/** Events a second of one worker, by one run of `events`. */
export async function workerMaximum(scene: Scene, events: number): Promise<number> {
  const { send, listen } = await scene.startBroker(HUB, PARTITIONS);
  await fillHub(send, PARTITIONS, events);
  const server = await startPostgres(scene.directory);
  try {
    return (await drain(scene, server, listen, events, 1)).eventsPerSecond;
  } finally {
    await server.stop();
  }
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

/**
 * From the first commit that is seen, with the partitions shared out evenly, to the last. CPU is of the worker
 * processes alone.
 */
async function drain(
  scene: Scene,
  server: BenchServer,
  connectionString: string,
  events: number,
  workers: number,
): Promise<Speed> {
  const url = await server.createDatabase();
  const processes = Array.from({ length: workers }, () =>
    scene.spawn('cloud/dist/main.js', ['worker'], workerEnvironment(connectionString, url)),
  );
  const watch = await StoreWatch.open(url);
  let shared = workers === 1;
  const cpu = () => processes.reduce((sum, { pid }) => sum + cpuSeconds(pid!), 0);
  try {
    return await speedOf(
      async () => {
        if (processes.some(({ exitCode }) => exitCode !== null)) throw new Error('A worker ended.');
        const done = await watch.committed();
        if (done > 0) shared ||= (await watch.owners()) === workers;
        return shared ? done : 0;
      },
      cpu,
      events,
    );
  } finally {
    await watch.close();
    for (const each of processes) await scene.stop(each);
  }
}

export function workerEnvironment(connectionString: string, storeUrl: string): Record<string, string> {
  return {
    TASHIKA_CLOUD_EVENT_HUBS_CONNECTION_STRING: connectionString,
    TASHIKA_CLOUD_EVENT_HUBS_HUB: HUB,
    TASHIKA_CLOUD_STORE_URL: storeUrl,
    TASHIKA_CLOUD_API_PORT: '0',
    TASHIKA_CLOUD_WORKER_PORT: '0',
    TASHIKA_CLOUD_LOG_LEVEL: 'warn',
  };
}

async function pgliteDrain(scene: Scene, connectionString: string, events: number, round: number): Promise<Speed> {
  const port = await freePort();
  const cloud = scene.spawn('cloud/dist/main.js', ['all'], {
    ...workerEnvironment(connectionString, `pglite:${join(scene.directory, `store-${round}`)}`),
    TASHIKA_CLOUD_API_PORT: String(port),
  });
  try {
    return await speedOf(
      () => {
        if (cloud.exitCode !== null) throw new Error(`The cloud program ended with ${cloud.exitCode}.`);
        return committedByMetrics(port);
      },
      () => cpuSeconds(cloud.pid!),
      events,
    );
  } finally {
    await scene.stop(cloud);
  }
}

async function speedOf(committed: () => Promise<number>, cpu: () => number, events: number): Promise<Speed> {
  let begun: { at: number; events: number; cpu: number } | undefined;
  for (;;) {
    const done = await committed();
    const now = { at: performance.now(), events: done, cpu: cpu() };
    if (done > 0) begun ??= now;
    if (done >= events && begun) {
      const counted = now.events - begun.events;
      if (counted === 0) throw new Error('All was committed before the workers had shared the partitions out.');
      return {
        eventsPerSecond: counted / ((now.at - begun.at) / 1_000),
        eventsPerCpuSecond: counted / (now.cpu - begun.cpu),
      };
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

async function committedByMetrics(port: number): Promise<number> {
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
