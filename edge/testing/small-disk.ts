import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SmallDisk {
  readonly path: string;
  remove(): void;
}

/**
 * A real file system of so many bytes: mounted by this user, or by `sudo` where that asks for no password, or in a
 * user's own mount namespace. `undefined` where none of it is allowed.
 */
export async function mountSmallDisk(bytes: number): Promise<SmallDisk | undefined> {
  const path = mkdtempSync(join(tmpdir(), 'tashika-disk-'));
  const disk = mounted([], bytes, path) ?? mounted(['sudo', '-n'], bytes, path) ?? (await inNamespace(bytes, path));
  if (!disk) rmSync(path, { recursive: true });
  return disk;
}

function mounted(prefix: readonly string[], bytes: number, path: string): SmallDisk | undefined {
  const run = (...command: string[]) => {
    const [program, ...rest] = [...prefix, ...command];
    execFileSync(program!, rest, { stdio: 'ignore' });
  };
  const [uid, gid] = [process.getuid?.(), process.getgid?.()];
  try {
    run('mount', '-t', 'tmpfs', '-o', `size=${bytes},uid=${uid},gid=${gid}`, 'tmpfs', path);
  } catch {
    return undefined;
  }
  return {
    path,
    remove: () => {
      run('umount', '--lazy', path);
      rmSync(path, { recursive: true });
    },
  };
}

/** The namespace lives as long as a process in it, which ends with its standard input, and so with this process. */
async function inNamespace(bytes: number, path: string): Promise<SmallDisk | undefined> {
  const script = `mount -t tmpfs -o size=${bytes} tmpfs "$0" && echo mounted && exec cat`;
  const keeper = spawn('unshare', ['-rm', 'sh', '-c', script, path], { stdio: ['pipe', 'pipe', 'ignore'] });
  const ended = once(keeper, 'exit').catch(() => undefined); // rejects where there is no such program
  const isMounted = await Promise.race([once(keeper.stdout, 'data').then(() => true), ended.then(() => false)]);
  if (!isMounted) return undefined;
  return {
    path: `/proc/${keeper.pid}/root${path}`,
    remove: () => {
      keeper.stdin.end();
      rmSync(path, { recursive: true });
    },
  };
}
