import { join } from 'node:path';
import { load } from '../process.ts';
import { below, median, type Result, told } from '../result.ts';
import type { Scene } from '../scene.ts';
import { Devices } from './device.ts';
import { BUILT, type Program, packagedAgent } from './programs.ts';
import { Receiver } from './receiver.ts';

const LOOK_EVERY_MS = 2;
const PATIENCE_MS = 60_000;

/**
 * From spawning the agent to its first reading on the disk, at a device that speaks a hundred times a second. Only what
 * is forced onto the disk is ever posted, so the first post proves it; it waits for no company here, which leaves its
 * way to a server on this machine in the figure.
 */
export async function start(scene: Scene, times: number): Promise<readonly Result[]> {
  const receiver = await Receiver.start();
  const devices = new Devices();
  const results: Result[] = [];
  try {
    devices.speak(100);
    for (const program of [packagedAgent(scene), BUILT]) {
      const took: number[] = [];
      for (let time = 0; time < times; time++)
        took.push(
          await firstReading(scene, program, receiver, devices, `${program.name.replaceAll(/\W+/g, '-')}-${time}`),
        );
      results.push(
        below(`start to the first reading stored: ${program.name}, median of ${times}`, median(took) / 1_000, 1.5, 's'),
        told('… the slowest', Math.max(...took) / 1_000, 's'),
      );
    }
  } finally {
    devices.beSilent();
    receiver.close();
  }
  return [...results, told('… load average of the machine beside it', load(), 'processes')];
}

/** In milliseconds, with an empty data directory. */
async function firstReading(
  scene: Scene,
  program: Program,
  receiver: Receiver,
  devices: Devices,
  name: string,
): Promise<number> {
  const line = await devices.connect(scene, name);
  const job = {
    tty: line.tty,
    url: `${receiver.url}/${name}`,
    metadataUrl: receiver.url,
    settings: { uplink: { url: `${receiver.url}/${name}`, batchAgeMs: 0 } },
  };
  const startedAt = performance.now();
  const child = await program.start(scene, join(scene.directory, name), job);
  while (receiver.from(`/${name}`).posts === 0) {
    if (performance.now() - startedAt > PATIENCE_MS) throw new Error(`${program.name} posted nothing for a minute.`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  const took = performance.now() - startedAt;
  await scene.stop(child);
  await line.unplug();
  return took;
}
