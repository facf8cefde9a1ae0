import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import type { Result } from './result.ts';
import { Scene } from './scene.ts';

/** Measures in a scene of its own, and answers figures. */
export type Benchmark = (scene: Scene) => readonly Result[] | Promise<readonly Result[]>;

export interface RunOptions {
  /** The benchmarks to run, instead of all. */
  readonly only?: readonly string[] | undefined;
  /** A file that gets the figures as JSON. */
  readonly json?: string | undefined;
}

/** Runs benchmarks one after the other, and prints their figures as they come. A wrong name ends the program. */
export async function runBenchmarks(
  benchmarks: Readonly<Record<string, Benchmark>>,
  { only, json }: RunOptions,
  results: Result[] = [],
): Promise<void> {
  const unknown = only?.find((name) => !(name in benchmarks));
  if (unknown !== undefined) {
    console.error(`No benchmark is called ${unknown}; there are ${Object.keys(benchmarks).join(', ')}.`);
    process.exit(2);
  }
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${process.platform} ${process.arch}`;
  console.log(machine);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  for (const name of only ?? Object.keys(benchmarks)) {
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
  if (json !== undefined) writeFileSync(json, `${JSON.stringify({ machine, results }, null, 2)}\n`);
}

function row({ name, value, unit, goal, met }: Result): string {
  const figure = Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
  const verdict = goal === undefined ? '' : `  goal ${goal}: ${met ? 'met' : 'NOT met'}`;
  return `${name.padEnd(70)} ${figure.padStart(10)} ${unit}${verdict}`;
}
