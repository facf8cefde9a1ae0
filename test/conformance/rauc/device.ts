import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { haveCommand } from '../../rig/index.ts';

const SCRIPTS = fileURLToPath(new URL('../../../deploy/image/rauc', import.meta.url));
const TOOLS = ['rauc', 'mksquashfs', 'dbus-run-session', 'openssl', 'flock', 'prlimit'];

/** Whether this machine can install with RAUC. Each tool that is missing is named. */
export function haveRauc(): boolean {
  if (!TOOLS.map(haveCommand).every((have) => have)) return false;
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && process.env.CI) throw new Error('RAUC mounts bundles: CI runs these tests as root.');
  if (!isRoot) console.warn('Skipped: tests in which RAUC mounts bundles, which only root may.');
  return isRoot;
}

/** What is done to RAUC's service in the middle of an install. */
export interface Interruption {
  /** It is killed before it has called the backend with these words, or when it has. */
  readonly before?: string;
  readonly after?: string;
  /** It is killed by the kernel when a file of it grows beyond so many bytes: in the middle of writing the slot. */
  readonly bytes?: number;
  /** It is killed when the install says this. */
  readonly line?: string;
}

export interface Installed {
  readonly code: number | null;
  readonly said: string;
  readonly ms: number;
}

/** The agent's slots of a device as files in a folder, with Debian's RAUC, the image's own settings and its scripts. */
export class RaucDevice {
  readonly root: string;
  readonly #env: NodeJS.ProcessEnv;

  /** @param keyring what it trusts, PEM file */
  constructor(root: string, board: string, keyring: string) {
    this.root = root;
    for (const folder of ['slots', 'run', 'package/bin', 'mnt']) mkdirSync(join(root, folder), { recursive: true });
    for (const slot of ['a', 'b']) writeFileSync(join(root, `slots/${slot}.img`), '');
    this.#program('package/bin/tashika-edge', 'exit 0');
    this.#program(
      'backend',
      `[ "$KILL_BEFORE" != "$1 $2" ] || { kill -9 "$PPID"; exit 1; }
${join(SCRIPTS, 'agent-slot')} "$@"; code=$?
[ "$KILL_AFTER" != "$1 $2" ] || kill -9 "$PPID"
exit $code`,
    );
    const conf = readFileSync(join(SCRIPTS, 'agent.conf'), 'utf8')
      .replaceAll('@COMPATIBLE@', board)
      .replaceAll('/data/tashika/agent-slots', join(root, 'slots'))
      .replaceAll('/run/tashika-agent/rauc', join(root, 'mnt'))
      .replaceAll('/etc/rauc/keyring.pem', keyring)
      .replaceAll('/usr/lib/tashika-image/agent-slot', join(root, 'backend'));
    writeFileSync(join(root, 'agent.conf'), conf);
    this.#env = {
      ...process.env,
      TASHIKA_AGENT_RAUC: join(root, 'agent.conf'),
      TASHIKA_AGENT_SLOTS: join(root, 'slots'),
      TASHIKA_AGENT_RUN: join(root, 'run'),
      TASHIKA_AGENT_PACKAGE: join(root, 'package'),
    };
  }

  /** Takes its mounts away. */
  [Symbol.dispose](): void {
    this.restart();
    spawnSync('umount', ['--lazy', join(this.root, 'slots')], { stdio: 'ignore' });
    rmSync(this.root, { recursive: true, force: true });
  }

  /** Runs the image's own `install-bundle agent FILE` to its end, however that comes. */
  async install(bundle: string, interruption: Interruption = {}): Promise<Installed> {
    const { before = '', after = '', bytes, line } = interruption;
    const limit = bytes === undefined ? [] : ['prlimit', `--fsize=${bytes}`, '--core=0'];
    const [program, ...args] = [...limit, join(SCRIPTS, 'install-bundle'), 'agent', bundle];
    const started = performance.now();
    const child = spawn(program!, args, { env: { ...this.#env, KILL_BEFORE: before, KILL_AFTER: after } });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        if (line !== undefined && said.includes(line)) this.#killService();
      });
    const [code] = await once(child, 'close');
    return { code, said, ms: performance.now() - started };
  }

  /** Runs a command of the slots' script. */
  slot(...args: string[]): string {
    return execFileSync(join(SCRIPTS, 'agent-slot'), args, { env: this.#env, encoding: 'utf8', stdio: 'pipe' }).trim();
  }

  get status(): { current: string | null; trial: string | null; fellBackFrom: string | null; slots: object } {
    return JSON.parse(this.slot('status'));
  }

  /** The machine starts again: mounts and what lay in memory are gone. */
  restart(): void {
    const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
    for (const line of mounts.reverse()) {
      const place = line.split(' ')[1];
      if (place?.startsWith(join(this.root, 'run/')) || place?.startsWith(join(this.root, 'mnt/')))
        spawnSync('umount', ['--lazy', place], { stdio: 'ignore' });
    }
    rmSync(join(this.root, 'run'), { recursive: true, force: true });
    mkdirSync(join(this.root, 'run'));
  }

  /** What the chosen slot's agent says of itself. */
  run(): string {
    return execFileSync(join(this.root, 'run/current/bin/tashika-edge'), { encoding: 'utf8' }).trim();
  }

  /** SHA-256 of the first bytes of a slot; of all where left out. */
  digest(slot: 'A' | 'B', bytes?: number): string {
    const content = readFileSync(join(this.root, `slots/${slot.toLowerCase()}.img`));
    return createHash('sha256').update(content.subarray(0, bytes)).digest('hex');
  }

  /** Slots on a disk of so many bytes from here on. */
  makeSmall(bytes: number): void {
    const slots = join(this.root, 'slots');
    const kept = new Map(readdirSync(slots).map((name) => [name, readFileSync(join(slots, name))]));
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'none', slots]);
    for (const [name, content] of kept) writeFileSync(join(slots, name), content);
  }

  /** The small disk is as large as is needed. */
  grow(): void {
    execFileSync('mount', ['-o', 'remount,size=64M', join(this.root, 'slots')]);
  }

  #killService(): void {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const file = `/proc/${pid}/cmdline`;
      const words = existsSync(file) ? readOrNothing(file).split('\0') : [];
      if (words.includes('service') && words.includes(`--conf=${join(this.root, 'agent.conf')}`))
        process.kill(Number(pid), 'SIGKILL');
    }
  }

  #program(path: string, does: string): void {
    writeFileSync(join(this.root, path), `#!/bin/sh\n${does}\n`);
    chmodSync(join(this.root, path), 0o755);
  }
}

function readOrNothing(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
