import { type FileHandle, open } from 'node:fs/promises';

/** The few file operations that the log is built on. */
export interface SegmentFile {
  /** Reads up to `length` bytes at `position`; fewer at the end of the file. */
  read(position: number, length: number): Promise<Buffer>;
  /** Writes all of `bytes` at `position`, or throws. */
  write(bytes: Buffer, position: number): Promise<void>;
  truncate(size: number): Promise<void>;
  /** Forces what was written to the disk. */
  sync(): Promise<void>;
  size(): Promise<number>;
  /** Closes the file once the reads under way are over. */
  close(): Promise<void>;
}

/** Opens a segment's file. `create` makes it and fails where it exists already. */
export type OpenSegmentFile = (path: string, options: { create: boolean }) => Promise<SegmentFile>;

/** Segment files of the operating system. */
export const openSegmentFile: OpenSegmentFile = async (path, { create }) =>
  new OperatingSystemFile(await open(path, create ? 'wx+' : 'r+'));

class OperatingSystemFile implements SegmentFile {
  readonly #handle: FileHandle;
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async read(position: number, length: number): Promise<Buffer> {
    const reading = this.#handle.read(Buffer.allocUnsafeSlow(length), 0, length, position);
    this.#underWay.add(reading);
    try {
      const { buffer, bytesRead } = await reading;
      return buffer.subarray(0, bytesRead);
    } finally {
      this.#underWay.delete(reading);
    }
  }

  async write(bytes: Buffer, position: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      // On a disk that is almost full a write stores a part; the next one says ENOSPC.
      done += (await this.#handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
    }
  }

  truncate(size: number): Promise<void> {
    return this.#handle.truncate(size);
  }

  sync(): Promise<void> {
    return this.#handle.datasync();
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#underWay);
    await this.#handle.close();
  }
}
