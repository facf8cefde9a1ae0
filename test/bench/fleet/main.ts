import { parseArgs } from 'node:util';
import { type Benchmark, runBenchmarks } from '../run.ts';
import { gate } from './gate.ts';
import { polls } from './polls.ts';
import { touched } from './touched.ts';

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
  gate: (scene) => gate(scene, quick ? { good: 4, bad: 1 } : { good: 200, bad: 20 }),
  polls: (scene) => polls(scene, quick ? 5 : 30),
  touched: (scene) => touched(scene, quick ? { devices: 400, pastMs: 86_400_000 } : { devices: 2_000 }),
};

await runBenchmarks(benchmarks, values);
