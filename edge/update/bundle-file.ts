import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { join } from 'node:path';

const READ_BYTES = 262_144;

/**
 * The bundle as it comes: written where it belongs, hashed as it passes, and gone on with after a restart. What an
 * earlier run wrote is hashed again first, because a power cut may have left anything.
 */
export class BundleFile {
  readonly path: string;
  #file: FileHandle | undefined;
  #hash: Hash = createHash('sha256');
  #bytes = 0;
  #doubtful = false;

  /**
   * @param sha256 of the whole, hex, which names the file: what is here is gone on with whatever action it was for, and
   * also by an updater that has forgotten of which
   */
  constructor(directory: string, sha256: string) {
    this.path = join(directory, `bundle-${sha256.slice(0, 32)}.raucb`);
  }

  /** Bytes that are here. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether some of them are of an earlier run, or may be of another file. */
  get doubtful(): boolean {
    return this.#doubtful;
  }

  /** What came last may be of another file than what came before it. */
  doubt(): void {
    this.#doubtful = true;
  }

  /** Opens it, with what is there already; more than `size` bytes is none of this bundle. Rejects as the disk does. */
  async open(size: number): Promise<void> {
    if (this.#file) return;
    const there = await stat(this.path).catch(() => undefined);
    this.#file = await open(this.path, there ? 'r+' : 'w+', 0o600);
    if (!there || there.size === 0) return;
    if (there.size > size) return this.restart();
    this.#doubtful = true;
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    for (;;) {
      const { bytesRead } = await this.#file.read(buffer, 0, buffer.length, this.#bytes);
      if (bytesRead === 0) break;
      this.#hash.update(buffer.subarray(0, bytesRead));
      this.#bytes += bytesRead;
    }
  }

  /** Adds bytes at the end. */
  async append(chunk: Buffer): Promise<void> {
    for (let written = 0; written < chunk.length; ) {
      const { bytesWritten } = await this.#file!.write(chunk, written, chunk.length - written, this.#bytes + written);
      written += bytesWritten;
    }
    this.#hash.update(chunk);
    this.#bytes += chunk.length;
  }

  /** Forces what is here onto the disk. */
  async sync(): Promise<void> {
    await this.#file?.datasync();
  }

  /** Throws away what is here. */
  async restart(): Promise<void> {
    await this.#file!.truncate(0);
    this.#hash = createHash('sha256');
    this.#bytes = 0;
    this.#doubtful = false;
  }

  /** SHA-256 of what is here, hex. */
  digest(): string {
    return this.#hash.copy().digest('hex');
  }

  /** Lets go of it; what is there stays. */
  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    this.#hash = createHash('sha256');
    this.#bytes = 0;
    this.#doubtful = false;
    await file?.close();
  }
}
