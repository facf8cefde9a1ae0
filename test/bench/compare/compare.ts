import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fillHub, HUB } from '../fill.ts';
import { type BenchServer, StoreWatch, startPostgres } from '../postgres.ts';
import { cpuSeconds, load, peakResidentBytes, residentBytes } from '../process.ts';
import { median, type Result, told } from '../result.ts';
import { freePort, type Scene } from '../scene.ts';
import { workerEnvironment } from '../worker-throughput.ts';
import { nodeRedArguments } from './node-red.ts';
import { comparedPackages, nodeOf } from './packages.ts';
import { type Counts, expectedCounts, requireSame, writeRecording } from './recording.ts';

const PARTITIONS = 4;
const LOOK_EVERY_MS = 250;
/** A caught-up worker is watched for this long. */
const QUIET_MS = 20_000;
/** Node-RED gets this many times what the slowest other one took, and 60 s. */
const PATIENCE = 20;

/** What counting cost one of them; CPU and memory of all its processes. */
interface Cost {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
}

/** A worker that drains a backlog: what it holds while it does, and when there is nothing more. */
export async function backlog(scene: Scene, events: number): Promise<readonly Result[]> {
  const { send, listen } = await scene.startBroker(HUB, PARTITIONS);
  await fillHub(send, PARTITIONS, events);
  const server = await startPostgres(scene.directory);
  try {
    return (await drained(scene, server, listen, events)).memory;
  } finally {
    await server.stop();
  }
}

/** The same events counted by minute and region in several ways; every one has to come to the same counts. */
export async function compare(scene: Scene, events: number): Promise<readonly Result[]> {
  const packages = comparedPackages();
  const expected = expectedCounts(events);
  const { send, listen } = await scene.startBroker(HUB, PARTITIONS);
  await fillHub(send, PARTITIONS, events);
  const recording = join(scene.directory, 'recording.jsonl');
  await writeRecording(recording, events, PARTITIONS);
  const server = await startPostgres(scene.directory);
  const costs = new Map<string, Cost | null>();
  let memory: readonly Result[];
  try {
    const worker = await drained(scene, server, listen, events);
    requireSame('The worker', worker.counts, expected);
    memory = worker.memory;
    costs.set('a worker from the hub, exactly once, on PostgreSQL', worker.cost);
    costs.set('PostgreSQL alone: COPY, then GROUP BY', await postgresAlone(server, recording, expected));
  } finally {
    await server.stop();
  }
  costs.set('tashika-cloud replay', await replayed(scene, recording, expected));
  costs.set('DuckDB', await duckdb(packages, recording, expected));
  const slowest = Math.max(...[...costs.values()].map((cost) => cost!.seconds));
  costs.set('a Node-RED flow', await nodeRed(scene, packages, recording, expected, 60 + PATIENCE * slowest));
  return [...memory, ...[...costs].flatMap(([name, cost]) => rows(`${events} events: ${name}`, cost))];
}

function rows(name: string, cost: Cost | null): readonly Result[] {
  if (!cost) return [told(`${name} (did not finish)`, Number.POSITIVE_INFINITY, 's')];
  return [
    told(name, cost.seconds, 's'),
    told('… CPU', cost.cpuSeconds, 's'),
    told('… peak resident memory', cost.peakBytes / 1e6, 'MB'),
  ];
}

/** A worker from the first event to the last, then quiet. */
async function drained(scene: Scene, server: BenchServer, listen: string, events: number) {
  const url = await server.createDatabase();
  const worker = scene.spawn('cloud/dist/main.js', ['worker'], workerEnvironment(listen, url));
  const watch = await StoreWatch.open(url);
  const started = performance.now();
  const busy: number[] = [];
  let backends: number[] = [];
  for (;;) {
    if (worker.exitCode !== null) throw new Error('The worker ended.');
    const done = await watch.committed();
    if (done > 0 && backends.length === 0) backends = await watch.backends();
    // The first tenth is the program's start and warming up.
    if (done > events / 10) busy.push(residentBytes(worker.pid!));
    if (done >= events) break;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  const all = [worker.pid!, ...backends];
  const cost: Cost = {
    seconds: (performance.now() - started) / 1_000,
    cpuSeconds: all.reduce((sum, pid) => sum + cpuSeconds(pid), 0),
    peakBytes: peakResidentBytes(worker.pid!),
  };
  const quiet: number[] = [];
  for (const end = performance.now() + QUIET_MS; performance.now() < end; ) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    quiet.push(residentBytes(worker.pid!));
  }
  const counts = await watch.query<{ minute: string; region: string; events: string }>(
    `SELECT (extract(epoch FROM window_end) * 1000)::int8 AS minute, region, events
       FROM window_region WHERE events > 0`,
  );
  await watch.close();
  await scene.stop(worker);
  const ratio = median(busy) / median(quiet);
  const memory: readonly Result[] = [
    {
      name: `a worker's resident memory on a backlog of ${events} events ÷ caught up`,
      value: ratio,
      unit: 'ratio',
      goal: '0.8 to 1.2',
      met: ratio >= 0.8 && ratio <= 1.2,
    },
    told('… on the backlog, the median', median(busy) / 1e6, 'MB'),
    told('… on the backlog, the last tenth ÷ the first', lastTenth(busy) / firstTenth(busy), 'ratio'),
    told('… caught up', median(quiet) / 1e6, 'MB'),
    told('… load average of the machine beside it', load(), 'processes'),
  ];
  return { cost, memory, counts: countsOf(counts.map((row) => [row.minute, row.region, Number(row.events)])) };
}

function firstTenth(values: readonly number[]): number {
  return median(values.slice(0, Math.ceil(values.length / 10)));
}

function lastTenth(values: readonly number[]): number {
  return median(values.slice(-Math.ceil(values.length / 10)));
}

function countsOf(rows: Iterable<readonly [minute: string, region: string, events: number]>): Counts {
  return new Map([...rows].map(([minute, region, events]) => [`${minute} ${region}`, events]));
}

/** The recording as rows of JSON, then one query. */
async function postgresAlone(server: BenchServer, recording: string, expected: Counts): Promise<Cost> {
  const watch = await StoreWatch.open(await server.createDatabase());
  const [{ pid } = { pid: 0 }] = await watch.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const started = performance.now();
  await watch.query('CREATE TABLE event (line jsonb)');
  // Quote and delimiter that JSON cannot hold, so that every line is one value.
  await watch.query(`COPY event FROM '${recording}' WITH (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')`);
  const rows = await watch.query<{ minute: string; region: string; events: string }>(
    `SELECT (ceil((line -> 'body' ->> 'timestamp')::int8 / 60000.0) * 60000)::int8 AS minute,
            line -> 'body' -> 'payloads' ->> 'pref' AS region, count(*) AS events
       FROM event GROUP BY 1, 2`,
  );
  const seconds = (performance.now() - started) / 1_000;
  const cost = { seconds, cpuSeconds: cpuSeconds(pid), peakBytes: peakResidentBytes(pid) };
  requireSame('PostgreSQL', countsOf(rows.map((row) => [row.minute, row.region, Number(row.events)])), expected);
  await watch.close();
  return cost;
}

async function replayed(scene: Scene, recording: string, expected: Counts): Promise<Cost> {
  const child = scene.spawn('cloud/dist/main.js', ['replay', recording]);
  const { output, cost } = await untilItEnds(child);
  const windows = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { windowEnd: string; region: string; events: number })
    .filter((window) => window.events > 0);
  requireSame(
    'The replay',
    countsOf(windows.map((each) => [String(Date.parse(each.windowEnd)), each.region, each.events])),
    expected,
  );
  return cost;
}

async function duckdb(packages: NodeJS.Require, recording: string, expected: Counts): Promise<Cost> {
  const script = fileURLToPath(new URL('duckdb.mjs', import.meta.url));
  const entry = packages.resolve('@duckdb/node-api');
  const child = spawn(process.execPath, [script, entry, recording], { stdio: ['ignore', 'pipe', 'inherit'] });
  const { output, cost } = await untilItEnds(child);
  requireSame('DuckDB', countsOf(JSON.parse(output)), expected);
  return cost;
}

/** Null if it fails, or has not finished within `patienceSeconds`. */
async function nodeRed(
  scene: Scene,
  packages: NodeJS.Require,
  recording: string,
  expected: Counts,
  patienceSeconds: number,
): Promise<Cost | null> {
  const result = join(scene.directory, 'node-red.json');
  const main = join(dirname(packages.resolve('node-red/package.json')), 'red.js');
  const args = nodeRedArguments(join(scene.directory, 'node-red'), recording, result, await freePort());
  const child = spawn(nodeOf(packages), [main, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1_000;
  const usage = watchUsage(child);
  try {
    while (!existsSync(result) || !readFileSync(result, 'utf8').trimEnd().endsWith(']]')) {
      const gone = child.exitCode !== null || child.signalCode !== null;
      if ((gone && !existsSync(result)) || seconds() > patienceSeconds) return null;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    requireSame('Node-RED', new Map(JSON.parse(readFileSync(result, 'utf8'))), expected);
    return { seconds: seconds(), ...usage.stop() };
  } finally {
    usage.stop();
    child.kill('SIGKILL');
  }
}

/** Output and cost of a child. */
async function untilItEnds(child: ChildProcess): Promise<{ output: string; cost: Cost }> {
  const started = performance.now();
  const usage = watchUsage(child);
  let output = '';
  child.stdout!.on('data', (chunk: Buffer) => {
    output += chunk;
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`${child.spawnargs.slice(0, 3).join(' ')} ended with ${code}.`);
  return { output, cost: { seconds: (performance.now() - started) / 1_000, ...usage.stop() } };
}

/** Looks at CPU and peak memory of a child while it runs; what it does between the last look and its end is missing. */
function watchUsage(child: ChildProcess): { stop(): Pick<Cost, 'cpuSeconds' | 'peakBytes'> } {
  let usage = { cpuSeconds: 0, peakBytes: 0 };
  const look = () => {
    try {
      const { pid } = child;
      // Between its end and its exit event a process has no memory any more.
      usage = { cpuSeconds: cpuSeconds(pid!), peakBytes: peakResidentBytes(pid!) || usage.peakBytes };
    } catch {
      // it has ended
    }
  };
  const timer = setInterval(look, 50);
  return {
    stop() {
      clearInterval(timer);
      look();
      return usage;
    },
  };
}
