import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from '../process.ts';
import { atMost, type Result, told } from '../result.ts';
import { freePort, type Scene } from '../scene.ts';
import { Devices, opened } from './device.ts';
import { BUILT } from './programs.ts';
import { type Posted, Receiver } from './receiver.ts';

const RATE = 10;
/** The files of an empty spool are written before. */
const SETTLING_MS = 5_000;

/** What the agent writes for what it sends, at its defaults and ten readings a second. */
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
    await pause(SETTLING_MS);
    const before = await written(port, receiver.from('/wear'), child.pid!);
    await pause(seconds * 1_000);
    const after = await written(port, receiver.from('/wear'), child.pid!);
    const grown = (what: keyof Written) => after[what] - before[what];
    return [
      atMost(
        `bytes written to the disk ÷ bytes of the readings as records, ${RATE} readings/s`,
        grown('bytes') / grown('recordBytes'),
        2,
      ),
      told('… ÷ bytes of the packs, whose records share a name', grown('bytes') / grown('packBytes'), 'ratio'),
      told('… in whole blocks, a reading', grown('blockBytes') / grown('readings'), 'bytes'),
      told('… handed to the block layer by the kernel, a reading', grown('kernelBytes') / grown('readings'), 'bytes'),
      told('… bytes of a record', grown('recordBytes') / grown('readings'), 'bytes'),
      told('… bytes of the packs, a reading', grown('packBytes') / grown('readings'), 'bytes'),
      told('… readings', grown('readings'), 'readings'),
      told('… load average of the machine beside it', load(), 'processes'),
    ];
  } finally {
    devices.beSilent();
    await line.unplug();
    receiver.close();
  }
}

interface Written {
  readonly bytes: number;
  readonly blockBytes: number;
  readonly kernelBytes: number;
  readonly packBytes: number;
  readonly recordBytes: number;
  readonly readings: number;
}

/** So far: by the agent's own meter, by the kernel's (proc(5), /proc/pid/io), and what was posted for it. */
async function written(port: number, { packBytes, recordBytes, readings }: Posted, pid: number): Promise<Written> {
  return {
    bytes: await metric(port, 'tashika_edge_disk_written_bytes_total'),
    blockBytes: await metric(port, 'tashika_edge_disk_written_block_bytes_total'),
    kernelBytes: Number(/^write_bytes: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1]),
    packBytes,
    recordBytes,
    readings,
  };
}

async function metric(port: number, name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const value = new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1];
  if (value === undefined) throw new Error(`The agent has no metric ${name}.`);
  return Number(value);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
