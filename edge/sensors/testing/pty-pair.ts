import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Two ttys joined back to back by socat: the agent opens `agent`, the test writes into the other one. */
export class PtyPair {
  readonly agent: string;
  readonly #device: string;
  readonly #socat: string;
  readonly #folder: string;
  #process: ChildProcess | undefined;

  constructor(socat: string) {
    this.#socat = socat;
    this.#folder = mkdtempSync(join(tmpdir(), 'tashika-pty-'));
    this.agent = join(this.#folder, 'agent');
    this.#device = join(this.#folder, 'device');
  }

  /** Resolves when both ends are there. */
  async plug(): Promise<void> {
    const socat = spawn(this.#socat, [
      ...['-d', '-d'],
      `pty,raw,echo=0,link=${this.#device}`,
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
    const file = await open(this.#device, 'w');
    const stream = createWriteStream('', { fd: file, autoClose: true });
    for (const chunk of chunks) if (!stream.write(chunk)) await once(stream, 'drain');
    stream.end();
    await once(stream, 'close');
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
