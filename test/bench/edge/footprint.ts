import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { cpuSeconds, load, peakResidentBytes, residentBytes } from '../process.ts';
import { below, median, type Result, told } from '../result.ts';
import type { Scene } from '../scene.ts';
import { Devices, type Line, opened } from './device.ts';
import { BUILT, nodeRed, type Program, packagedAgent } from './programs.ts';
import { Receiver } from './receiver.ts';

/** What starting cost is not the job's: CPU is counted from then on. */
const WARM_UP_MS = 15_000;
/** Memory goes up and down with each collection: what is told is the median of the last minute. */
const LAST_MS = 60_000;
const LOOK_EVERY_MS = 1_000;

interface Footprint {
  readonly program: Program;
  readonly residentBytes: number;
  readonly peakBytes: number;
  readonly cpuPerThousand: number;
  readonly readings: number;
}

/** Resident memory of the agent, built and packaged, and of Node-RED, side by side at ten readings a second. */
export async function memory(scene: Scene, minutes: number): Promise<readonly Result[]> {
  const [built, packaged, other] = await sideBySide(scene, 10, minutes * 60_000);
  const after = `resident memory at 10 readings/s after ${minutes} min`;
  return [
    ...[packaged, built].flatMap(({ program, residentBytes, peakBytes }) => [
      below(`${after}: ${program.name}`, residentBytes / 1e6, 60, 'MB'),
      below("… ÷ Node-RED's", residentBytes / other.residentBytes, 0.5, 'ratio'),
      told('… at most since the start', peakBytes / 1e6, 'MB'),
    ]),
    told(`${after}: ${other.program.name}`, other.residentBytes / 1e6, 'MB'),
    told('… at most since the start', other.peakBytes / 1e6, 'MB'),
    told('… load average of the machine beside it', load(), 'processes'),
  ];
}

/** CPU of the same three at a hundred readings a second. */
export async function cpu(scene: Scene, seconds: number): Promise<readonly Result[]> {
  const [built, packaged, other] = await sideBySide(scene, 100, seconds * 1_000);
  const what = 'CPU for 1,000 readings at 100 readings/s';
  return [
    ...[packaged, built].flatMap(({ program, cpuPerThousand }) => [
      told(`${what}: ${program.name}`, cpuPerThousand, 's'),
      below("… ÷ Node-RED's", cpuPerThousand / other.cpuPerThousand, 0.3, 'ratio'),
    ]),
    told(`${what}: ${other.program.name}`, other.cpuPerThousand, 's'),
    told('… readings of each that were counted', other.readings, 'readings'),
    told('… load average of the machine beside it', load(), 'processes'),
  ];
}

/** The three programs on the same stream at the same time. */
async function sideBySide(
  scene: Scene,
  rate: number,
  forMs: number,
): Promise<readonly [built: Footprint, packaged: Footprint, other: Footprint]> {
  const programs = [BUILT, packagedAgent(scene), nodeRed()] as const;
  const receiver = await Receiver.start();
  const devices = new Devices();
  const lines: Line[] = [];
  try {
    const watches: Watch[] = [];
    for (const program of programs) {
      const path = `/${programs.indexOf(program)}`;
      const line = await devices.connect(scene, path.slice(1));
      lines.push(line);
      const job = { tty: line.tty, url: receiver.url + path, metadataUrl: receiver.url };
      const child = await program.start(scene, join(scene.directory, `footprint${path}`), job);
      await opened(child, line.tty);
      watches.push(new Watch(program, child, () => receiver.from(path).readings));
    }
    devices.speak(rate);
    await pause(WARM_UP_MS);
    for (const watch of watches) watch.begin();
    const end = performance.now() + forMs - WARM_UP_MS;
    while (performance.now() < end) {
      await pause(LOOK_EVERY_MS);
      if (end - performance.now() < LAST_MS) for (const watch of watches) watch.look();
    }
    const footprints = watches.map((watch) => watch.end());
    await allSame(watches, devices);
    return [footprints[0]!, footprints[1]!, footprints[2]!];
  } finally {
    devices.beSilent();
    for (const line of lines) await line.unplug();
    receiver.close();
  }
}

/** Nobody may be light by leaving work undone. */
async function allSame(watches: readonly Watch[], devices: Devices): Promise<void> {
  devices.beSilent();
  const patience = performance.now() + 20_000;
  while (watches.some(({ readings }) => readings < devices.said))
    if (performance.now() > patience)
      throw new Error(
        `Of ${devices.said} readings arrived: ${watches.map(({ program, readings }) => `${program.name} ${readings}`).join(', ')}.`,
      );
    else await pause(LOOK_EVERY_MS);
}

class Watch {
  readonly program: Program;
  readonly #child: ChildProcess;
  readonly #readings: () => number;
  readonly #resident: number[] = [];
  #from = { cpu: 0, readings: 0 };

  constructor(program: Program, child: ChildProcess, readings: () => number) {
    this.program = program;
    this.#child = child;
    this.#readings = readings;
  }

  get readings(): number {
    return this.#readings();
  }

  begin(): void {
    this.#from = { cpu: cpuSeconds(this.#pid), readings: this.readings };
  }

  look(): void {
    this.#resident.push(residentBytes(this.#pid));
  }

  end(): Footprint {
    const readings = this.readings - this.#from.readings;
    const cpuPerThousand = ((cpuSeconds(this.#pid) - this.#from.cpu) / readings) * 1_000;
    const peakBytes = peakResidentBytes(this.#pid);
    return { program: this.program, residentBytes: median(this.#resident), peakBytes, cpuPerThousand, readings };
  }

  get #pid(): number {
    if (this.#child.exitCode !== null) throw new Error(`${this.program.name} ended with ${this.#child.exitCode}.`);
    return this.#child.pid!;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
