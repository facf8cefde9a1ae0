import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { haveCommand, until } from '../../rig/index.ts';

const SYSTEMD = '/lib/systemd/systemd';

/** Moves itself into a cgroup of its own, which is the root of all cgroups in the namespace that it then makes. */
const BEGIN = `
mkdir "$1" && echo $$ > "$1/cgroup.procs"
exec unshare --mount --pid --fork --kill-child --ipc --uts --cgroup --mount-proc sh -euc "$ENTER" enter "$2" "$3"
`;

/** What systemd writes to is in memory, and gone with the namespace. The groups are those that the package makes. */
const ENTER = `
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs -o mode=755 tmpfs /var/lib
mount -t cgroup2 none /sys/fs/cgroup
cp /etc/group /run/group
for name in dialout gpio video; do grep -q "^$name:" /run/group || echo "$name:x:$((60000 + $(wc -l < /run/group))):" >> /run/group; done
mount --bind /run/group /etc/group
mkdir -p /run/systemd/system
cp -r "$1/." /run/systemd/system
exec env -i container=tashika PATH="$PATH" ${SYSTEMD} --system --unit="$2" --log-target=null --show-status=no
`;

/** Whether this machine lets us start a systemd of our own. What is missing is named. */
export function haveLivingSystemd(): boolean {
  const tools = ['unshare', 'nsenter', 'systemctl', 'systemd-notify'].map(haveCommand).every((have) => have);
  const missing = [
    ...(existsSync(SYSTEMD) ? [] : [SYSTEMD]),
    ...(cgroupRoot() === undefined ? ['a cgroup2 file system'] : []),
    ...(asRoot() === undefined ? ['root, or sudo without a password'] : []),
  ];
  for (const each of missing) console.warn(`Tests are skipped that need ${each}.`);
  return tools && missing.length === 0;
}

/** The machine's own systemd as the first process of a namespace, with one unit that it starts. */
export class LivingSystemd {
  readonly #unit: string;
  readonly #cgroup: string;
  #process = '';

  private constructor(unit: string, cgroup: string) {
    this.#unit = unit;
    this.#cgroup = cgroup;
  }

  /**
   * Resolves when it answers.
   *
   * @param unit the file of the unit
   * @param dropIn what is changed of it
   */
  static async start(directory: string, unit: string, dropIn: string): Promise<LivingSystemd> {
    const name = basename(unit);
    const units = join(directory, 'units');
    mkdirSync(join(units, `${name}.d`), { recursive: true });
    writeFileSync(join(units, name), readFileSync(unit));
    writeFileSync(join(units, `${name}.d`, 'test.conf'), dropIn);
    const systemd = new LivingSystemd(name, join(cgroupRoot()!, `tashika-${basename(directory)}`));
    const [program, ...args] = [...asRoot()!, 'env', `ENTER=${ENTER}`, 'sh', '-euc', BEGIN, 'begin', systemd.#cgroup];
    const started = spawn(program!, [...args, units, name], { stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    started.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    const ended = once(started, 'exit').then(() => Promise.reject(new Error(`systemd ended: ${errors}`)));
    const answers = until('systemd to answer', () => systemd.#isUp());
    ended.catch(() => undefined); // it ends with the test
    await Promise.race([answers, ended]);
    return systemd;
  }

  /** Ends all of it at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    const script = 'kill -9 "$1"; until find "$2" -depth -type d -exec rmdir {} + 2>/dev/null; do :; done';
    await run('sh', '-c', script, 'end', this.#process, this.#cgroup);
  }

  /** What `systemctl show` says of the unit. */
  async show(property: string): Promise<string> {
    return (await this.#inside('systemctl', 'show', this.#unit, '--value', '-p', property)).trim();
  }

  /** Resolves when the unit has been stopped. */
  async stop(): Promise<void> {
    await this.#inside('systemctl', 'stop', this.#unit);
  }

  /** Stops the unit's main process where it stands. */
  async freeze(): Promise<void> {
    await this.#inside('kill', '-s', 'STOP', await this.show('MainPID'));
  }

  /** A file as the unit's side has it. */
  read(path: string): Promise<string> {
    return this.#inside('cat', path);
  }

  async #isUp(): Promise<boolean> {
    const processes = join(this.#cgroup, 'init.scope/cgroup.procs');
    this.#process = readFileSync(processes, 'utf8').split('\n')[0]!;
    return this.#process !== '' && (await this.show('LoadState')) === 'loaded';
  }

  #inside(...command: readonly string[]): Promise<string> {
    return run('nsenter', '--target', this.#process, '--mount', '--pid', ...command);
  }
}

/** Not synchronously: what the unit posts to is in this process. */
async function run(...command: readonly string[]): Promise<string> {
  const [program, ...args] = [...asRoot()!, ...command];
  return (await promisify(execFile)(program!, args)).stdout;
}

/** What makes a command root's; undefined where nothing does. */
function asRoot(): readonly string[] | undefined {
  if (process.getuid?.() === 0) return [];
  return spawnSync('sudo', ['-n', 'true']).status === 0 ? ['sudo', '-n'] : undefined;
}

function cgroupRoot(): string | undefined {
  return /^\S+ (\S+) cgroup2 rw/m.exec(readFileSync('/proc/mounts', 'utf8'))?.[1];
}
