import { chmodSync, copyFileSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A folder that becomes a package: modes are what is written here, whatever the umask of who builds. */
export class Tree {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
    this.directory('.');
  }

  directory(path: string): void {
    if (path !== '.' && path !== '/') this.directory(dirname(path));
    const here = join(this.root, path);
    mkdirSync(here, { recursive: true });
    chmodSync(here, 0o755);
  }

  file(path: string, content: string | Uint8Array, mode = 0o644): void {
    this.directory(dirname(path));
    writeFileSync(join(this.root, path), content);
    chmodSync(join(this.root, path), mode);
  }

  copy(path: string, from: string, mode = 0o644): void {
    this.directory(dirname(path));
    copyFileSync(from, join(this.root, path));
    chmodSync(join(this.root, path), mode);
  }

  link(path: string, target: string): void {
    this.directory(dirname(path));
    symlinkSync(target, join(this.root, path));
  }

  /** The paths of its folders, each behind the one that it is in. */
  folders(): string[] {
    return readdirSync(this.root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(this.root.length + 1))
      .sort();
  }

  /** The paths of its files, in order. */
  files(): string[] {
    return readdirSync(this.root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(this.root.length + 1))
      .sort();
  }

  /** Bytes of its files, of those whose path `wanted` takes. */
  size(wanted: (path: string) => boolean = () => true): number {
    return this.files()
      .filter(wanted)
      .reduce((sum, path) => sum + statSync(join(this.root, path)).size, 0);
  }
}
