/**
 * What the spool needs of a file system, and nothing more, so that a test can put one beneath it that tears writes at
 * any byte. Paths are relative, their parts parted by `/`. Every method rejects with the system's own error.
 */
export interface SegmentFiles {
  /** Names in a folder, in no order; empty when there is no such folder. */
  list(folder: string): Promise<readonly FolderEntry[]>;
  /** Makes the folder and those above it; no error when it exists. Durable when it resolves. */
  makeFolder(folder: string): Promise<void>;
  /** Removes an empty folder. */
  removeFolder(folder: string): Promise<void>;
  /** Makes a file that must not exist yet. Durable only after `syncFolder`. */
  create(path: string): Promise<SegmentFile>;
  /** Opens an existing file for reading and writing. */
  open(path: string): Promise<SegmentFile>;
  remove(path: string): Promise<void>;
  move(from: string, to: string): Promise<void>;
  /** Forces the names in a folder onto the disk. */
  syncFolder(folder: string): Promise<void>;
}

export interface FolderEntry {
  readonly name: string;
  readonly isFolder: boolean;
  readonly bytes: number;
}

export interface SegmentFile {
  size(): Promise<number>;
  /** Up to `length` bytes from `position`, good until the next read; fewer only at the end of the file. */
  read(position: number, length: number): Promise<Buffer>;
  /** Writes all bytes or rejects, possibly after some. */
  write(position: number, bytes: Buffer): Promise<void>;
  truncate(length: number): Promise<void>;
  /** Forces contents and size onto the disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}
