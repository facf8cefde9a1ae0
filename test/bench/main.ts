import { parseArgs } from 'node:util';
import { agentMemory } from './agent-memory.ts';
import { backlog, compare } from './compare/compare.ts';
import { core } from './core.ts';
import { latency } from './latency.ts';
import { ledgerSize } from './ledger-size.ts';
import type { Result } from './result.ts';
import { type Benchmark, runBenchmarks } from './run.ts';
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

const results: Result[] = [];
const benchmarks: Readonly<Record<string, Benchmark>> = {
  worker: (scene) => workerThroughput(scene, quick ? 20_000 : 200_000),
  core: () => core(quick ? 5_000 : 50_000),
  spool: (scene) => spoolAppends(scene, quick ? 50_000 : 500_000),
  latency: async (scene) => latency(scene, Math.round((await maximum()) / 2), quick ? 5 : 30),
  backlog: (scene) => backlog(scene, manyEvents),
  compare: (scene) => compare(scene, manyEvents),
  ledger: (scene) => ledgerSize(scene, quick ? [1_000, 20_000] : [1_000, 100_000, 1_000_000], quick ? 5 : 40),
  memory: (scene) => agentMemory(scene, quick ? 0.5 : 10),
};

await runBenchmarks(benchmarks, values, results);

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
