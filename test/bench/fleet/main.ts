import { parseArgs } from 'node:util';
import { type Benchmark, runBenchmarks } from '../run.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    only: { type: 'string', multiple: true },
    quick: { type: 'boolean', default: false },
  },
});

/** Each in a module of its own beside this one. */
const benchmarks: Readonly<Record<string, Benchmark>> = {};

await runBenchmarks(benchmarks, values);
