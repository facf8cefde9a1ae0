import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Two ttys joined back to back by socat: the agent opens `agent`, the test plays what stands behind `device`. */
export class PtyPair {
  readonly agent: string;
  readonly device: string;
  readonly #socat: string;
  readonly #folder: string;
  #process: ChildProcess | undefined;

  constructor(socat: string) {
    this.#socat = socat;
    this.#folder = mkdtempSync(join(tmpdir(), 'tashika-pty-'));
    this.agent = join(this.#folder, 'agent');
    this.device = join(this.#folder, 'device');
  }

  /** Resolves when both ends are there. */
  async plug(): Promise<void> {
    const socat = spawn(this.#socat, [
      ...['-d', '-d'],
      `pty,raw,echo=0,link=${this.device}`,
      `pty,raw,echo=0,link=${this.agent}`,
    ]);
    this.#process = socat;
    await new Promise<void>((resolve, reject) => {
      let log = '';
      socat.stderr.setEncoding('utf8').on('data', (text: string) => {
        log += text;
        if (log.includes('starting data transfer loop')) resolve();
      });
      socat.once('exit', () => reject(new Error(`socat ended: ${log}`)));
      socat.once('error', reject);
    });
  }

  /** Says something, as the device would. Resolves when the tty has taken it all. */
  async say(...chunks: readonly (string | Uint8Array)[]): Promise<void> {
    const file = await open(this.device, 'w');
    const stream = createWriteStream('', { fd: file, autoClose: true });
    for (const chunk of chunks) if (!stream.write(chunk)) await once(stream, 'drain');
    stream.end();
    await once(stream, 'close');
  }

  /** Says it again and again until `enough`; for a line that is closed in between and loses what is said then. */
  async keepSaying(text: string, enough: () => boolean): Promise<void> {
    while (!enough()) {
      await this.say(text);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Answers each command as a device does that is asked; `n` counts from 1. */
  answer(command: string, answer: (n: number) => string | Uint8Array): { end(): Promise<void> } {
    const device = createReadStream(this.device);
    let heard = '';
    let answers = Promise.resolve();
    let n = 0;
    device.setEncoding('latin1').on('data', (text) => {
      heard += text;
      for (let at = heard.indexOf(command); at >= 0; at = heard.indexOf(command)) {
        heard = heard.slice(at + command.length);
        n++;
        const said = answer(n);
        answers = answers.then(() => this.say(said));
      }
    });
    device.on('error', () => {}); // unplugged
    return {
      end: async () => {
        device.destroy();
        await this.unplug(); // ends the read that is under way
        await answers;
      },
    };
  }

  /** The device takes nothing more, and the ttys stay. */
  freeze(): void {
    this.#process!.kill('SIGSTOP');
  }

  /** Both ttys vanish at once, as with a USB cable pulled out. */
  async unplug(): Promise<void> {
    const socat = this.#process;
    if (!socat || socat.exitCode !== null || socat.signalCode !== null) return;
    socat.kill('SIGKILL');
    await once(socat, 'exit');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.unplug();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
