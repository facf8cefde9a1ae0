import { type FileHandle, mkdir, open, readdir, rename, rmdir, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FolderEntry, SegmentFile, SegmentFiles } from './segment-files.ts';
import { unlessAbsent } from './unless-absent.ts';

/** So many files of a folder are asked for their size at once. */
const ASKED_AT_ONCE = 32;

/** The disk, below `root`. */
export function diskFiles(root: string): SegmentFiles {
  const at = (path: string) => join(root, path);

  async function syncFolder(folder: string): Promise<void> {
    const handle = await open(at(folder), 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  return {
    async list(folder) {
      const names = (await unlessAbsent(readdir(at(folder)))) ?? [];
      const entries: FolderEntry[] = [];
      // A large backlog is thousands of files: asked for all at once they would cost memory that is never given back.
      for (let first = 0; first < names.length; first += ASKED_AT_ONCE) {
        const some = names.slice(first, first + ASKED_AT_ONCE).map((name) => entryOf(at(folder), name));
        for (const entry of await Promise.all(some)) if (entry) entries.push(entry);
      }
      return entries;
    },
    async makeFolder(folder) {
      const first = await mkdir(at(folder), { recursive: true });
      if (first !== undefined) await syncFolder(dirname(folder));
    },
    removeFolder: (folder) => rmdir(at(folder)),
    create: async (path) => new DiskFile(await open(at(path), 'wx+')),
    open: async (path) => new DiskFile(await open(at(path), 'r+')),
    remove: (path) => unlink(at(path)),
    move: (from, to) => rename(at(from), at(to)),
    syncFolder,
  };
}

/** `undefined` for what is gone by now, and for a symbolic link that leads nowhere. */
async function entryOf(folder: string, name: string): Promise<FolderEntry | undefined> {
  const found = await unlessAbsent(stat(join(folder, name)));
  if (!found) return undefined;
  const isFolder = found.isDirectory();
  return { name, isFolder, bytes: isFolder ? 0 : found.size };
}

class DiskFile implements SegmentFile {
  readonly #handle: FileHandle;
  /** Used for every read: a backlog is read in hundreds of pieces a second, and each would wait to be collected. */
  #buffer = Buffer.alloc(0);

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  async read(position: number, length: number): Promise<Buffer> {
    if (this.#buffer.length < length) this.#buffer = Buffer.allocUnsafe(length);
    const buffer = this.#buffer;
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await this.#handle.read(buffer, filled, length - filled, position + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  }

  async write(position: number, bytes: Buffer): Promise<void> {
    let written = 0;
    while (written < bytes.length) {
      const { bytesWritten } = await this.#handle.write(bytes, written, bytes.length - written, position + written);
      written += bytesWritten;
    }
  }

  truncate(length: number): Promise<void> {
    return this.#handle.truncate(length);
  }

  sync(): Promise<void> {
    return this.#handle.datasync();
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
