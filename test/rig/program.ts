import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A program of the project as a real process, run from its build. */
export class Program {
  readonly #child: ChildProcess;
  readonly #exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  readonly #closed: Promise<unknown>;
  readonly #wake = new Set<() => void>();
  #output = '';
  #errors = '';

  constructor(script: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(process.execPath, [script, ...args], {
      cwd: ROOT,
      env: { ...withoutOurs(process.env), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#grow(chunk.toString(), ''));
    this.#child.stderr?.on('data', (chunk: Buffer) => this.#grow('', chunk.toString()));
    this.#closed = once(this.#child, 'close');
    this.#exited = once(this.#child, 'exit').then(([code, signal]) => {
      for (const wake of this.#wake) wake();
      return { code, signal };
    });
    onTestFinished(() => this.kill9());
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get output(): string {
    return this.#output;
  }

  get errors(): string {
    return this.#errors;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resolves with the first match of `pattern` in what was printed; rejects if the program ends first. */
  printed(pattern: RegExp, deadlineMs = 60_000): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(this.#output) ?? pattern.exec(this.#errors);
        if (match) finish(() => resolve(match));
        else if (!this.running)
          finish(() => reject(new Error(`It ended before printing ${pattern}:\n${this.#said()}`)));
      };
      const timer = setTimeout(
        () => finish(() => reject(new Error(`No ${pattern} within ${deadlineMs} ms:\n${this.#said()}`))),
        deadlineMs,
      );
      const finish = (settle: () => void) => {
        clearTimeout(timer);
        this.#wake.delete(look);
        settle();
      };
      this.#wake.add(look);
      look();
    });
  }

  /** SIGTERM (or another signal), then the exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.running) this.#child.kill(signal);
    return (await this.#exited).code;
  }

  async kill9(): Promise<void> {
    if (this.running) this.#child.kill('SIGKILL');
    await this.#exited;
  }

  /** Stops it where it stands, as a host that is suspended would; its connections stay open. */
  pause(): void {
    this.#child.kill('SIGSTOP');
  }

  resume(): void {
    this.#child.kill('SIGCONT');
  }

  /** The exit code, once the program ends by itself. */
  async exited(): Promise<number | null> {
    return (await this.#exited).code;
  }

  /** The exit code, once the program has ended by itself and all that it printed is here. */
  async finished(): Promise<number | null> {
    await this.#closed;
    return this.exited();
  }

  #grow(output: string, errors: string): void {
    this.#output += output;
    this.#errors += errors;
    for (const wake of [...this.#wake]) wake();
  }

  #said(): string {
    return `${this.#output.slice(-2_000)}\n${this.#errors.slice(-2_000)}`;
  }
}

/** The environment without settings of ours, so that a developer's own do not leak into a test. */
function withoutOurs(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TASHIKA_')));
}
