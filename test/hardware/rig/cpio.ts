import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

const [DIRECTORY, FILE, LINK] = [0o040_000, 0o100_000, 0o120_000];

/** A root file system for the kernel to boot from, in the format that it unpacks (`newc`; Linux, initramfs-buffer-format). */
export class Cpio {
  readonly #chunks: Buffer[] = [];
  readonly #seen = new Set<string>();

  directory(path: string): this {
    if (path === '.' || path === '/' || this.#seen.has(path)) return this;
    this.directory(dirname(path));
    return this.#entry(path, DIRECTORY | 0o755, Buffer.alloc(0));
  }

  file(path: string, content: string | Uint8Array, executable = false): this {
    this.directory(dirname(path));
    return this.#entry(path, FILE | (executable ? 0o755 : 0o644), Buffer.from(content));
  }

  link(path: string, target: string): this {
    this.directory(dirname(path));
    return this.#entry(path, LINK | 0o777, Buffer.from(target));
  }

  /** A file, link or whole directory of this machine; `wanted` is asked for each path. */
  copy(path: string, from: string, wanted: (path: string) => boolean = () => true): this {
    const stat = lstatSync(from);
    if (stat.isSymbolicLink()) return this.link(path, readlinkSync(from));
    if (!stat.isDirectory()) return this.file(path, readFileSync(from), (stat.mode & 0o111) !== 0);
    for (const name of readdirSync(from).sort())
      if (wanted(join(from, name))) this.copy(join(path, name), join(from, name), wanted);
    return this;
  }

  /** The archive; the kernel takes several of them one behind the other. */
  bytes(): Buffer {
    this.#entry('TRAILER!!!', 0, Buffer.alloc(0));
    return Buffer.concat(this.#chunks);
  }

  #entry(path: string, mode: number, content: Buffer): this {
    const name = path.replace(/^\//, '');
    if (this.#seen.has(name)) return this;
    this.#seen.add(name).add(path);
    const fields = [this.#seen.size, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, Buffer.byteLength(name) + 1, 0];
    const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}${name}\0`;
    this.#chunks.push(padded(Buffer.from(header)), padded(content));
    return this;
  }
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
}
