import { parseArgs } from 'node:util';
import { bytesOnAir } from '../bytes-on-air.ts';
import { fleetReturn } from '../fleet-return.ts';
import { atLeast } from '../result.ts';
import { type Benchmark, runBenchmarks } from '../run.ts';
import { spoolAppends } from '../spool.ts';
import { spoolBacklog } from './backlog.ts';
import { diskWear } from './disk-wear.ts';
import { cpu, memory } from './footprint.ts';
import { powerCuts } from './power-cuts.ts';
import { start } from './start.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    only: { type: 'string', multiple: true },
    quick: { type: 'boolean', default: false },
    minutes: { type: 'string' }, // how long memory is watched, in place of 30
  },
});
const { quick } = values;
const MIB = 1_048_576;

const benchmarks: Readonly<Record<string, Benchmark>> = {
  memory: (scene) => memory(scene, Number(values.minutes ?? (quick ? 1 : 30))),
  cpu: (scene) => cpu(scene, quick ? 40 : 180),
  start: (scene) => start(scene, quick ? 3 : 11),
  spool: async (scene) =>
    (await spoolAppends(scene, quick ? 50_000 : 500_000)).map((result) =>
      result.name === 'spool, fsync every 100 ms' ? atLeast(result.name, result.value, 20_000, result.unit) : result,
    ),
  air: bytesOnAir,
  cuts: () => powerCuts(),
  backlog: (scene) => spoolBacklog(scene, (quick ? 96 : 2_048) * MIB),
  fleet: fleetReturn,
  wear: (scene) => diskWear(scene, quick ? 20 : 120),
};

await runBenchmarks(benchmarks, values);
