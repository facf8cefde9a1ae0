import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { directoryError, makeDirectory } from '@tashika/shared/data-directory';
import type { SenmlRecord } from '@tashika/shared/telemetry';
import { newStream } from '@tashika/shared/telemetry';
import type { Timestamp } from '@tashika/shared/time';
import { LineFile } from '../line-file/index.ts';

/** A post that a device took and whose answer it still waits for. */
export interface HeldPost {
  readonly seq: number;
  /** When it was measured, by this machine's clock. */
  readonly at: Timestamp;
  readonly records: readonly SenmlRecord[];
}

/** What a device must not forget, or it would count twice or leave a gap that is none. */
export interface DeviceState {
  readonly stream: string;
  /** The next reading's sequence number. */
  next: number;
  /** Oldest first. */
  readonly held: HeldPost[];
}

type Entry =
  | { readonly d: number; readonly stream: string; readonly next: number }
  | { readonly d: number; readonly post: HeldPost }
  | { readonly d: number; readonly taken: number };

/** The journal is written anew each time it has grown by this much; standard. */
const COMPACT_AFTER_BYTES = 8 * 1024 * 1024;

/**
 * What the devices hold, written before it is posted, so that the fleet goes on where it was even after a kill -9: the
 * next reading has the next number, and what waited is posted. One line an entry. What can't be written is not held, so
 * that no number is ever given twice.
 */
export class Journal {
  readonly #path: string | undefined;
  readonly #onWrite: (failure: unknown) => void;
  readonly #devices = new Map<number, DeviceState>();
  /** Devices whose stream is in the file. */
  readonly #written = new Set<number>();
  #file: LineFile | undefined;
  readonly #compactAfterBytes: number;
  #compactAt = 0;

  /**
   * @param directory where the journal lies; undefined to forget at the end
   * @param onWrite told how each write of what a device measured went: why it failed, or undefined
   * @throws TashikaError `DISK_FULL`, `DATA_DIRECTORY_UNWRITABLE`
   */
  constructor(
    directory: string | undefined,
    onWrite: (failure: unknown) => void = () => {},
    compactAfterBytes = COMPACT_AFTER_BYTES,
  ) {
    this.#onWrite = onWrite;
    this.#compactAfterBytes = compactAfterBytes;
    if (directory === undefined) return;
    this.#path = join(directory, 'fleet.journal');
    try {
      makeDirectory(directory);
      if (existsSync(this.#path)) this.#read(readFileSync(this.#path, 'utf8'));
      this.#file = new LineFile(this.#path);
    } catch (error) {
      throw directoryError(directory, error);
    }
    this.#compact();
  }

  /** The state of the n-th device, a new stream where it has none yet. */
  device(n: number): DeviceState {
    const known = this.#devices.get(n);
    if (known) return known;
    const state: DeviceState = { stream: newStream(), next: 1, held: [] };
    this.#devices.set(n, state);
    return state;
  }

  /** The n-th device has measured: its post is held from now on; false where it can't be, as on a full disk. */
  hold(n: number, at: Timestamp, records: readonly SenmlRecord[]): boolean {
    const { stream, next } = this.device(n);
    const entry: Entry = { d: n, post: { seq: next, at, records } };
    try {
      this.#append(...(this.#written.has(n) ? [] : [{ d: n, stream, next }]), entry);
    } catch (error) {
      this.#onWrite(error);
      return false;
    }
    this.#onWrite(undefined);
    this.#written.add(n);
    this.#apply(entry);
    this.#compactWhenLong();
    return true;
  }

  /** The n-th device's oldest post was taken. */
  release(n: number): void {
    const oldest = this.device(n).held[0];
    if (!oldest) return;
    const entry: Entry = { d: n, taken: oldest.seq };
    this.#apply(entry);
    try {
      this.#append(entry);
    } catch {
      // The next run posts it again, and the cloud counts it once; the device's next such entry mends it.
    }
    this.#compactWhenLong();
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  #read(text: string): void {
    for (const line of text.split('\n')) {
      try {
        this.#apply(JSON.parse(line) as Entry);
      } catch {
        // the last line of a run that was killed while it wrote
      }
    }
    for (const n of this.#devices.keys()) this.#written.add(n);
  }

  #apply(entry: Entry): void {
    if ('stream' in entry) {
      this.#devices.set(entry.d, { stream: entry.stream, next: entry.next, held: [] });
      return;
    }
    const state = this.#devices.get(entry.d);
    if (!state) return;
    if ('taken' in entry) {
      // Posts are taken in order, so this one tells of those before it too.
      while (state.held[0] && state.held[0].seq <= entry.taken) state.held.shift();
    } else {
      state.held.push(entry.post);
      state.next = entry.post.seq + entry.post.records.length;
    }
  }

  #append(...entries: readonly Entry[]): void {
    this.#file?.append(...entries.map((entry) => JSON.stringify(entry)));
  }

  #compactWhenLong(): void {
    if (this.#file && this.#file.bytes > this.#compactAt) this.#compact();
  }

  /** Writes the journal anew; where there is no room for it, the old one goes on. */
  #compact(): void {
    if (this.#path === undefined || !this.#file) return;
    const entries: readonly Entry[] = [...this.#devices].flatMap(([d, { stream, next, held }]) => [
      { d, stream, next: held[0]?.seq ?? next },
      ...held.map((post) => ({ d, post })),
    ]);
    const path = `${this.#path}.new`;
    let fresh: LineFile | undefined;
    try {
      rmSync(path, { force: true });
      fresh = new LineFile(path);
      fresh.append(...entries.map((entry) => JSON.stringify(entry)));
      renameSync(path, this.#path);
      this.#file.close();
      this.#file = fresh;
      for (const n of this.#devices.keys()) this.#written.add(n);
    } catch {
      fresh?.close();
      rmSync(path, { force: true });
    }
    this.#compactAt = this.#file.bytes + this.#compactAfterBytes;
  }
}
