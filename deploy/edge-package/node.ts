import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import type { NodePackage, Target } from './target.ts';

/** Node for a target: the program and its licence, as files. */
export interface CarriedNode {
  readonly program: string;
  readonly licence: string;
  readonly version: string;
}

/**
 * The Node that a target's packages carry, from npm, checked against the pinned bytes, and kept in `cache`.
 *
 * @throws Error where what npm hands out is something else
 */
export function fetchNode(node: NodePackage, cache: string): CarriedNode {
  const folder = join(cache, `${node.name}-${node.version}`);
  if (!existsSync(folder)) {
    mkdirSync(cache, { recursive: true });
    const making = mkdtempSync(`${folder}.`);
    execFileSync('npm', ['pack', '--silent', `${node.name}@${node.version}`], { cwd: making, stdio: 'pipe' });
    const tarball = join(making, readdirSync(making).find((name) => name.endsWith('.tgz'))!);
    const found = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
    if (found !== node.integrity)
      throw new Error(`npm's ${node.name}@${node.version} is ${found}, and not ${node.integrity}.`);
    unpackNode(tarball, making);
    rmSync(tarball);
    renameSync(making, folder);
  }
  return { program: join(folder, 'bin/node'), licence: join(folder, 'LICENSE'), version: node.version };
}

/** The Node of a release that somebody downloaded. */
export function nodeOfRelease(tarball: string, folder: string): CarriedNode {
  mkdirSync(folder, { recursive: true });
  unpackNode(tarball, folder);
  const version = /node-v(\d+\.\d+\.\d+)/.exec(tarball)?.[1] ?? 'of a release';
  return { program: join(folder, 'bin/node'), licence: join(folder, 'LICENSE'), version };
}

/** @throws Error where `program` is not for the target's machine */
export function checkMachine(program: string, { architecture, machine }: Target): void {
  const header = Buffer.alloc(20);
  const file = openSync(program, 'r');
  readSync(file, header);
  closeSync(file);
  if (machineOf(header) !== machine) throw new Error(`${program} is no program for ${architecture}.`);
}

/** `e_machine` of a little-endian ELF file, or undefined for anything else. */
export function machineOf(header: Uint8Array): number | undefined {
  const bytes = Buffer.from(header);
  if (bytes.length < 20 || bytes.toString('latin1', 0, 4) !== '\x7fELF' || bytes[5] !== 1) return undefined;
  return bytes.readUInt16LE(18);
}

/** Both npm's packages and Node's releases have one folder at the top. */
function unpackNode(tarball: string, folder: string): void {
  execFileSync(
    'tar',
    ['-xf', tarball, '-C', folder, '--strip-components=1', '--wildcards', '*/bin/node', '*/LICENSE'],
    {
      stdio: 'pipe',
    },
  );
}
