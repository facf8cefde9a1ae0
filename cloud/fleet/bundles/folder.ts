import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, opendir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { diskErrorCode } from '@tashika/shared/data-directory';
import { isTashikaError, messageOf, TashikaError } from '@tashika/shared/errors';
import type { Clock, Timestamp } from '@tashika/shared/time';
import type { BundleStore, ByteRange, ExpectedBundle, StoredBundle } from './bundle-store.ts';
import { heldTo } from './expected.ts';
import { translated } from './translated.ts';

/** What is still coming lies here, so that a name in the folder itself always stands for a whole bundle. */
const INCOMING = 'incoming';
const READ_BYTES = 262_144;
const NAME = /^[0-9a-f]{64}$/;

/** Bundles in a directory, which is made where there is none; several processes may share it. */
export class FolderBundles implements BundleStore {
  readonly place: string;
  readonly #directory: string;
  readonly #clock: Clock;

  constructor(directory: string, clock: Clock) {
    this.#directory = resolve(directory);
    this.#clock = clock;
    this.place = `the folder ${this.#directory}`;
  }

  async put(expected: ExpectedBundle, content: AsyncIterable<Uint8Array>): Promise<'stored' | 'there'> {
    const path = this.#path(expected.sha256);
    if (await this.keep(expected.sha256)) return 'there';
    const incoming = join(this.#directory, INCOMING, randomUUID());
    const file = await this.#attempt(async () => {
      await mkdir(join(this.#directory, INCOMING), { recursive: true });
      return await open(incoming, 'wx');
    });
    try {
      try {
        for await (const part of heldTo(expected, content)) await this.#attempt(() => writeAll(file, part));
        await this.#attempt(() => file.sync());
      } finally {
        await file.close();
      }
      await this.#attempt(async () => {
        await this.#date(incoming);
        await rename(incoming, path);
        await syncDirectory(this.#directory);
      });
      return 'stored';
    } catch (error) {
      await rm(incoming, { force: true }).catch(() => undefined);
      throw error;
    }
  }

  async keep(sha256: string): Promise<boolean> {
    const path = this.#path(sha256);
    const there = (await this.#attempt(() => statIfThere(path))) !== undefined;
    if (there) await this.#attempt(() => this.#date(path));
    return there;
  }

  async size(sha256: string): Promise<number | undefined> {
    return (await this.#attempt(() => statIfThere(this.#path(sha256))))?.size;
  }

  /** The folder of what is still coming is made by the first `put`, and stays: a mount point without its disk has none. */
  async requireUsed(): Promise<void> {
    if (await this.#attempt(() => statIfThere(join(this.#directory, INCOMING)))) return;
    throw new TashikaError(
      'BUNDLES_UNAVAILABLE',
      `${this.place} is not there, or nothing was ever put into it. See that its disk is mounted.`,
    );
  }

  async read(sha256: string, range?: ByteRange): Promise<Readable> {
    const file = await this.#attempt(() => openIfThere(this.#path(sha256)));
    if (!file) throw new TashikaError('NOT_FOUND', `There is no bundle ${sha256} in ${this.place}.`);
    const content = file.createReadStream({
      highWaterMark: READ_BYTES,
      ...(range && { start: range.first, end: range.last }),
    });
    return translated(content, (error) => this.#failure(error));
  }

  async *list(): AsyncGenerator<StoredBundle> {
    for await (const sha256 of this.#names(this.#directory)) {
      if (!NAME.test(sha256)) continue;
      const found = await this.#attempt(() => statIfThere(this.#path(sha256)));
      if (found) yield { sha256, bytes: found.size, storedAt: found.mtimeMs };
    }
  }

  async remove(sha256: string, unlessAfter = Number.POSITIVE_INFINITY): Promise<void> {
    await this.#attempt(() => removeUnlessAfter(this.#path(sha256), unlessAfter));
  }

  async sweep(before: Timestamp): Promise<void> {
    const incoming = join(this.#directory, INCOMING);
    for await (const name of this.#names(incoming))
      await this.#attempt(() => removeUnlessAfter(join(incoming, name), before));
  }

  #path(sha256: string): string {
    if (!NAME.test(sha256)) throw new TashikaError('NOT_FOUND', 'A bundle is named by 64 hex digits.');
    return join(this.#directory, sha256);
  }

  /** How old a bundle is goes by the clock that removes it. */
  async #date(path: string): Promise<void> {
    const now = new Date(this.#clock.now());
    await utimes(path, now, now);
  }

  async *#names(directory: string): AsyncGenerator<string> {
    const entries = await this.#attempt(() => opendir(directory).catch(undefinedIfAbsent));
    if (entries) for await (const entry of entries) if (entry.isFile()) yield entry.name;
  }

  /** Says which place it was, and what the system's word means. */
  async #attempt<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      throw isTashikaError(error) ? error : this.#failure(error);
    }
  }

  #failure(cause: unknown): TashikaError {
    if (diskErrorCode(cause) === 'DISK_FULL')
      return new TashikaError('DISK_FULL', `There is no room in ${this.place}. Free some space on its disk.`, {
        cause,
      });
    return new TashikaError(
      'BUNDLES_UNAVAILABLE',
      `${this.place} can't be used (${messageOf(cause)}). See that it is there, and that this program may write to it.`,
      { cause },
    );
  }
}

async function writeAll(file: FileHandle, part: Uint8Array): Promise<void> {
  for (let written = 0; written < part.byteLength; )
    written += (await file.write(part, written, part.byteLength - written)).bytesWritten;
}

async function statIfThere(path: string): Promise<{ readonly size: number; readonly mtimeMs: number } | undefined> {
  return await stat(path).catch(undefinedIfAbsent);
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  return await open(path, 'r').catch(undefinedIfAbsent);
}

async function removeUnlessAfter(path: string, time: Timestamp): Promise<void> {
  const found = await statIfThere(path);
  // File systems keep other fractions than they were given.
  if (found && Math.floor(found.mtimeMs) <= time) await rm(path, { force: true });
}

function undefinedIfAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

/** A rename lasts once the directory is on the disk. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
