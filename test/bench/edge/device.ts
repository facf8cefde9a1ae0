import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync, readdirSync, readlinkSync, realpathSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import type { Scene } from '../scene.ts';

const TICK_MS = 10;
const LOOK_EVERY_MS = 10;
const OPENED_WITHIN_MS = 60_000;

export interface Line {
  /** Where a program reads it. */
  readonly tty: string;
  unplug(): Promise<void>;
}

/** Devices that speak in one voice: the same JSON lines, at the same moments, each on a serial line of its own. */
export class Devices {
  readonly #streams = new Set<WriteStream>();
  #timer: NodeJS.Timeout | undefined;
  #said = 0;

  /** Lines that each has said so far. */
  get said(): number {
    return this.#said;
  }

  /** Connects one more. */
  async connect(scene: Scene, name: string): Promise<Line> {
    const [device, tty] = [join(scene.directory, `${name}.device`), join(scene.directory, `${name}.tty`)];
    const socat = scene.run('socat', [`pty,raw,echo=0,link=${device}`, `pty,raw,echo=0,link=${tty}`]);
    await appeared(socat, device, tty);
    const stream = createWriteStream(device, { flags: 'r+' });
    stream.on('error', () => {}); // its line was taken away
    await once(stream, 'open');
    this.#streams.add(stream);
    const unplug = async () => {
      this.#streams.delete(stream);
      await scene.stop(socat); // which also ends a write that is under way
      stream.destroy();
    };
    return { tty, unplug };
  }

  /** @param rate lines a second */
  speak(rate: number): void {
    const [start, before] = [performance.now(), this.#said];
    this.#timer = setInterval(() => {
      const due = before + Math.floor(((performance.now() - start) / 1_000) * rate);
      for (; this.#said < due; this.#said++) {
        const line = `{"temperature":${20 + (this.#said % 90) / 10}}\n`;
        for (const stream of this.#streams) stream.write(line);
      }
    }, TICK_MS);
  }

  beSilent(): void {
    clearInterval(this.#timer);
  }
}

/** Resolves when a process has opened the tty. */
export async function opened(child: ChildProcess, tty: string): Promise<void> {
  const path = realpathSync(tty);
  for (const patience = performance.now() + OPENED_WITHIN_MS; !openFiles(child.pid!).includes(path); ) {
    if (performance.now() > patience) throw new Error(`${child.spawnfile} did not open its line.`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/** Paths of what a process has open (proc(5), /proc/pid/fd). */
function openFiles(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).map((fd) => {
    try {
      return readlinkSync(join(folder, fd));
    } catch {
      return ''; // closed meanwhile
    }
  });
}

async function appeared(socat: ChildProcess, ...files: readonly string[]): Promise<void> {
  const failed = new Promise<never>((_, reject) => {
    socat.once('error', () => reject(new Error('socat is not installed; this benchmark needs it.')));
    socat.once('exit', (code) => reject(new Error(`socat ended with ${code}.`)));
  });
  failed.catch(() => {});
  while (!files.every((file) => existsSync(file)))
    await Promise.race([failed, new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))]);
}
