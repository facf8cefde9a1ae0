import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from '../process.ts';
import { atMost, type Result, told } from '../result.ts';
import { freePort, type Scene } from '../scene.ts';
import { Devices, opened } from './device.ts';
import { BUILT } from './programs.ts';
import { Receiver } from './receiver.ts';

const RATE = 10;

/** What the agent writes for what it sends, at its defaults and ten readings a second, by its own meter. */
export async function diskWear(scene: Scene, seconds: number): Promise<readonly Result[]> {
  const receiver = await Receiver.start();
  const devices = new Devices();
  const line = await devices.connect(scene, 'wear');
  try {
    const port = await freePort();
    const job = {
      tty: line.tty,
      url: `${receiver.url}/wear`,
      metadataUrl: receiver.url,
      settings: { health: { port } },
    };
    const child = await BUILT.start(scene, join(scene.directory, 'wear'), job);
    await opened(child, line.tty);
    devices.speak(RATE);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
    const { readings, packBytes } = receiver.from('/wear');
    const written = await metric(port, 'tashika_edge_disk_written_bytes_total');
    const blocks = await metric(port, 'tashika_edge_disk_written_block_bytes_total');
    const kernel = Number(/^write_bytes: (\d+)$/m.exec(readFileSync(`/proc/${child.pid}/io`, 'utf8'))?.[1]);
    return [
      atMost(`bytes written to the disk ÷ bytes of the packs sent, ${RATE} readings/s`, written / packBytes, 2),
      told('… in whole blocks, a reading', blocks / readings, 'bytes'),
      told('… handed to the block layer by the kernel, a reading', kernel / readings, 'bytes'),
      told('… readings', readings, 'readings'),
      told('… load average of the machine beside it', load(), 'processes'),
    ];
  } finally {
    devices.beSilent();
    await line.unplug();
    receiver.close();
  }
}

async function metric(port: number, name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const value = new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1];
  if (value === undefined) throw new Error(`The agent has no metric ${name}.`);
  return Number(value);
}
