import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../rig/port.ts';

export { freePort };

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A directory and the processes of one benchmark; closing it leaves neither. */
export class Scene {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'tashika-bench-'));
  readonly #children = new Set<ChildProcess>();

  constructor() {
    // A benchmark that fails or is interrupted leaves no process behind either.
    process.once('exit', () => {
      for (const child of this.#children) child.kill('SIGKILL');
      rmSync(this.directory, { recursive: true, force: true });
    });
  }

  /** Starts a built program of the project. */
  spawn(script: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
    return this.run(process.execPath, [script, ...args], env);
  }

  /** Starts any program. */
  run(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
    const child = spawn(program, args, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    child.stdout?.resume();
    return child;
  }

  async startBroker(hub: string, partitions: number): Promise<{ send: string; listen: string }> {
    const child = this.spawn('deploy/dist/local/event-hubs/main.js', [
      ...['--port', String(await freePort()), '--data', join(this.directory, 'event-hubs')],
      ...['--hub', `${hub}:${partitions}`],
      ...['--retention-bytes', String(2 ** 40)], // none of what is measured may expire
    ]);
    let output = '';
    return new Promise((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`The broker ended with ${code}.`)));
      child.stdout?.on('data', (chunk: Buffer) => {
        output += chunk;
        const send = /^Endpoint=\S*SharedAccessKeyName=send\S*$/m.exec(output)?.[0];
        const listen = /^Endpoint=\S*SharedAccessKeyName=listen\S*$/m.exec(output)?.[0];
        if (send && listen) resolve({ send, listen });
      });
    });
  }

  async stop(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }

  async close(): Promise<void> {
    for (const child of this.#children) {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }
    rmSync(this.directory, { recursive: true, force: true });
  }
}
