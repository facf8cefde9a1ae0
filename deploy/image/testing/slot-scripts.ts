import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SCRIPTS = fileURLToPath(new URL('../rauc', import.meta.url));
/** The programs by which the scripts change something: before each of them the power may go. */
const STEPS = ['sync', 'ln', 'mv', 'mount', 'umount', 'dd', 'systemctl'];

/** What `status` answers. */
export interface SlotStatus {
  readonly current: 'A' | 'B' | 'package' | null;
  readonly primary: 'A' | 'B' | null;
  readonly trial: 'A' | 'B' | null;
  readonly triesLeft: 0 | 1;
  readonly fellBackFrom: 'A' | 'B' | null;
  readonly reason: string | null;
  readonly slots: Readonly<Record<'A' | 'B', 'good' | 'bad'>>;
}

export interface Ran {
  /** Null where it was killed. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Steps that it took. */
  readonly steps: number;
}

/** A device's slots in a folder, with the real scripts and a mount that knows a whole agent by the word it begins with. */
export class SlotScripts {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
    for (const folder of ['tools', 'slots', 'run', 'package/bin', 'bootsel'])
      mkdirSync(join(root, folder), { recursive: true });
    this.#program('package/bin/tashika-edge', '');
    for (const name of STEPS) this.#tool(name, FAKES[name] ?? `exec "$real" "$@"`);
    this.#program('tools/mountpoint', 'test -d "$2/bin"');
    this.write('bootsel/autoboot.txt', '[all]\ntryboot_a_b=1\nboot_partition=2\n[tryboot]\nboot_partition=3\n');
    this.boot('A');
    this.write('uptime', '100.25 90.00\n');
  }

  /** Runs a script as the units do to its end, or until it is killed before step `killAt` with all that it started. */
  run(script: 'agent-slot' | 'system-slot', args: readonly string[], killAt = 0): Ran {
    const count = join(this.root, 'steps');
    writeFileSync(count, '0\n');
    const { status, stdout, stderr } = spawnSync(
      'sh',
      ['-c', 'umask 077; exec setsid --wait "$@"', 'sh', join(SCRIPTS, script), ...args],
      {
        encoding: 'utf8',
        env: {
          PATH: `${join(this.root, 'tools')}:${process.env.PATH}`,
          REAL_PATH: process.env.PATH,
          STEPS: count,
          KILL_AT: String(killAt),
          CALLS: join(this.root, 'calls'),
          TASHIKA_AGENT_SLOTS: join(this.root, 'slots'),
          TASHIKA_AGENT_RUN: join(this.root, 'run'),
          TASHIKA_AGENT_PACKAGE: join(this.root, 'package'),
          TASHIKA_SYSTEM_SLOTS: join(this.root, 'slots'),
          TASHIKA_SYSTEM_RUN: join(this.root, 'run'),
          TASHIKA_BOOTSEL: join(this.root, 'bootsel'),
          TASHIKA_CMDLINE: join(this.root, 'cmdline'),
          TASHIKA_BOOTED: join(this.root, 'booted'),
          TASHIKA_UPTIME: join(this.root, 'uptime'),
        },
      },
    );
    return { code: status, stdout: stdout.trim(), stderr: stderr.trim(), steps: Number(readFileSync(count, 'utf8')) };
  }

  agent(...args: string[]): Ran {
    return this.run('agent-slot', args);
  }

  system(...args: string[]): Ran {
    return this.run('system-slot', args);
  }

  statusOf(script: 'agent-slot' | 'system-slot'): SlotStatus {
    return JSON.parse(this.run(script, ['status']).stdout);
  }

  get status(): SlotStatus {
    return this.statusOf('agent-slot');
  }

  /** What RAUC does to a slot, as it was watched: bad, written, made the next one. */
  install(slot: 'A' | 'B'): void {
    this.agent('set-state', slot, 'bad');
    this.fill(slot);
    this.agent('set-primary', slot);
  }

  fill(slot: 'A' | 'B', content = 'agent'): void {
    this.write(`slots/${slot.toLowerCase()}.img`, content);
  }

  /** The machine restarts: what lies in memory is gone. */
  restart(): void {
    rmSync(join(this.root, 'run'), { recursive: true });
    mkdirSync(join(this.root, 'run'));
  }

  /** The machine comes up from a system slot. */
  boot(slot: 'A' | 'B'): void {
    this.write('cmdline', `console=tty1 root=PARTLABEL=system rauc.slot=${slot} ro\n`);
  }

  /** What systemctl was asked for since the last time. */
  asked(): string[] {
    const file = join(this.root, 'calls');
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    rmSync(file);
    return lines;
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  write(path: string, content: string | Uint8Array): void {
    writeFileSync(join(this.root, path), content);
  }

  /** Nothing can be written there until `unblock`, as on a full disk. */
  block(path: string): void {
    mkdirSync(join(this.root, path));
  }

  unblock(path: string): void {
    rmSync(join(this.root, path), { recursive: true });
  }

  /** All that lasts, by name. */
  remembered(): Map<string, string> {
    return new Map(readdirSync(join(this.root, 'slots')).map((name) => [name, this.read(`slots/${name}`)]));
  }

  /** Puts back what lasts. */
  restore(remembered: ReadonlyMap<string, string>): void {
    rmSync(join(this.root, 'slots'), { recursive: true });
    mkdirSync(join(this.root, 'slots'));
    for (const [name, content] of remembered) this.write(`slots/${name}`, content);
  }

  #tool(name: string, does: string): void {
    this.#program(
      `tools/${name}`,
      `read -r n <"$STEPS"; n=$((n + 1)); echo "$n" >"$STEPS"
[ "$n" != "$KILL_AT" ] || kill -9 0
PATH=$REAL_PATH; export PATH; real=$(command -v ${name})
${does}`,
    );
  }

  #program(path: string, does: string): void {
    this.write(path, `#!/bin/sh\n${does}\n`);
    chmodSync(join(this.root, path), 0o755);
  }
}

/** What needs a machine of its own to do. A mounted slot is a folder with the agent in it. */
const FAKES: Readonly<Record<string, string>> = {
  mount: `[ "$2" != remount,rw ] && [ "$2" != remount,ro ] || exit 0
eval "from=\\\${$(($# - 1))} to=\\\${$#}"
case $(cat "$from") in agent*) ;; *) exit 32 ;; esac
mkdir -p "$to/bin"; printf '#!/bin/sh\\n' >"$to/bin/tashika-edge"; chmod 755 "$to/bin/tashika-edge"`,
  umount: `rm -rf "$2/bin"`,
  systemctl: `echo "$*" >>"$CALLS"`,
};
