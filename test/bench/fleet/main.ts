import { parseArgs } from 'node:util';
import { type Benchmark, runBenchmarks } from '../run.ts';
import { gate } from './gate.ts';
import { hawkbit } from './hawkbit/index.ts';
import { image } from './image.ts';
import { polls } from './polls.ts';
import { ALL, chosenScenarios, QUICK, touched } from './touched.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    only: { type: 'string', multiple: true },
    /** `image.json` of a system bundle, which the agent's is held against. */
    'system-record': { type: 'string' },
    /** Of `touched`, those that are played: all of them, when none is named. */
    scenario: { type: 'string', multiple: true },
    quick: { type: 'boolean', default: false },
  },
});
const { quick } = values;

/** Each in a module of its own beside this one. */
const benchmarks: Readonly<Record<string, Benchmark>> = {
  gate: (scene) => gate(scene, quick ? { good: 4, bad: 1 } : { good: 200, bad: 20 }),
  hawkbit: (scene) => hawkbit(scene, quick ? { warmSeconds: 5, seconds: 5 } : { warmSeconds: 30, seconds: 30 }),
  image: (scene) => image(scene, values['system-record'], quick),
  polls: (scene) => polls(scene, quick ? 5 : 30),
  touched: (scene) => touched(scene, chosenScenarios(quick ? QUICK : ALL, values.scenario)),
};

/** It wants tools that are none of ours, and time: it runs where it is named alone. */
const usual = Object.keys(benchmarks).filter((name) => name !== 'hawkbit');

await runBenchmarks(benchmarks, { ...values, only: values.only ?? usual });
