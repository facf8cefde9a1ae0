import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { agentMemory } from './agent-memory.ts';
import { bytesOnAir } from './bytes-on-air.ts';
import { backlog, compare } from './compare/compare.ts';
import { core } from './core.ts';
import { fleetReturn } from './fleet-return.ts';
import { latency } from './latency.ts';
import { ledgerSize } from './ledger-size.ts';
import type { Result } from './result.ts';
import { Scene } from './scene.ts';
import { spoolAppends } from './spool.ts';
import { ONE_WORKER, workerMaximum, workerThroughput } from './worker-throughput.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    only: { type: 'string', multiple: true },
    quick: { type: 'boolean', default: false },
    events: { type: 'string' }, // for backlog and compare, in place of five million
  },
});
const { quick } = values;
const manyEvents = Number(values.events ?? (quick ? 100_000 : 5_000_000));

const benchmarks: Readonly<Record<string, (scene: Scene) => readonly Result[] | Promise<readonly Result[]>>> = {
  worker: (scene) => workerThroughput(scene, quick ? 20_000 : 200_000),
  core: () => core(quick ? 5_000 : 50_000),
  spool: (scene) => spoolAppends(scene, quick ? 50_000 : 500_000),
  latency: async (scene) => latency(scene, Math.round((await maximum()) / 2), quick ? 5 : 30),
  backlog: (scene) => backlog(scene, manyEvents),
  compare: (scene) => compare(scene, manyEvents),
  ledger: (scene) => ledgerSize(scene, quick ? [1_000, 20_000] : [1_000, 100_000, 1_000_000], quick ? 5 : 40),
  air: (scene) => bytesOnAir(scene),
  fleet: () => fleetReturn(),
  memory: (scene) => agentMemory(scene, quick ? 0.5 : 10),
};

const unknown = values.only?.find((name) => !(name in benchmarks));
if (unknown !== undefined) {
  console.error(`No benchmark is called ${unknown}; there are ${Object.keys(benchmarks).join(', ')}.`);
  process.exit(2);
}

const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${process.platform} ${process.arch}`;
console.log(machine);
const results: Result[] = [];
for (const name of values.only ?? Object.keys(benchmarks)) {
  const scene = new Scene();
  try {
    for (const result of await benchmarks[name]!(scene)) {
      results.push(result);
      console.log(row(result));
    }
  } finally {
    await scene.close();
  }
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ machine, results }, null, 2)}\n`);

/** What one worker reaches, in events a second: as just measured, or by a short run. */
async function maximum(): Promise<number> {
  const measured = results.find(({ name }) => name === ONE_WORKER)?.value;
  if (measured !== undefined) return measured;
  const scene = new Scene();
  try {
    return await workerMaximum(scene, 60_000);
  } finally {
    await scene.close();
  }
}

function row({ name, value, unit, goal, met }: Result): string {
  const figure = Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
  const verdict = goal === undefined ? '' : `  goal ${goal}: ${met ? 'met' : 'NOT met'}`;
  return `${name.padEnd(70)} ${figure.padStart(10)} ${unit}${verdict}`;
}
