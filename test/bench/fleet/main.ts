import { parseArgs } from 'node:util';
import { type Benchmark, runBenchmarks } from '../run.ts';
import { polls } from './polls.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    only: { type: 'string', multiple: true },
    quick: { type: 'boolean', default: false },
  },
});
const { quick } = values;

/** Each in a module of its own beside this one. */
const benchmarks: Readonly<Record<string, Benchmark>> = {
  polls: (scene) => polls(scene, quick ? 5 : 30),
};

await runBenchmarks(benchmarks, values);
