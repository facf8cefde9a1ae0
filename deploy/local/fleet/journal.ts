import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { SenmlRecord } from '@tashika/shared/telemetry';
import { newStream } from '@tashika/shared/telemetry';
import type { Timestamp } from '@tashika/shared/time';

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

/** The journal is written anew when it has grown to this size. */
const COMPACT_AT_BYTES = 8 * 1024 * 1024;

/**
 * What the devices hold, written before it is posted, so that the fleet goes on where it was even after a kill -9: the
 * next reading has the next number, and what waited is posted. One line an entry; a torn last line is left out.
 */
export class Journal {
  readonly #file: string | undefined;
  readonly #devices = new Map<number, DeviceState>();
  #descriptor: number | undefined;
  #bytes = 0;

  /** @param directory where the journal lies; undefined to forget at the end */
  constructor(directory: string | undefined) {
    if (directory === undefined) return;
    mkdirSync(directory, { recursive: true });
    this.#file = join(directory, 'fleet.journal');
    if (existsSync(this.#file)) this.#read(readFileSync(this.#file, 'utf8'));
    this.#compact();
  }

  /** The state of the n-th device, a new stream where it has none yet. */
  device(n: number): DeviceState {
    const known = this.#devices.get(n);
    if (known) return known;
    const state: DeviceState = { stream: newStream(), next: 1, held: [] };
    this.#devices.set(n, state);
    this.#write({ d: n, stream: state.stream, next: state.next });
    return state;
  }

  /** The n-th device has measured: its post is held from now on. */
  hold(n: number, at: Timestamp, records: readonly SenmlRecord[]): void {
    const entry: Entry = { d: n, post: { seq: this.device(n).next, at, records } };
    this.#apply(entry);
    this.#write(entry);
  }

  /** The n-th device's oldest post was taken. */
  release(n: number): void {
    const oldest = this.device(n).held[0];
    if (!oldest) return;
    const entry: Entry = { d: n, taken: oldest.seq };
    this.#apply(entry);
    this.#write(entry);
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #read(text: string): void {
    for (const line of text.split('\n')) {
      try {
        this.#apply(JSON.parse(line) as Entry);
      } catch {
        // the last line of a run that was killed while it wrote
      }
    }
  }

  #apply(entry: Entry): void {
    if ('stream' in entry) {
      this.#devices.set(entry.d, { stream: entry.stream, next: entry.next, held: [] });
      return;
    }
    const state = this.#devices.get(entry.d);
    if (!state) return;
    if ('taken' in entry) {
      if (state.held[0]?.seq === entry.taken) state.held.shift();
    } else {
      state.held.push(entry.post);
      state.next = entry.post.seq + entry.post.records.length;
    }
  }

  #write(entry: Entry): void {
    if (this.#descriptor === undefined) return;
    const line = Buffer.from(`${JSON.stringify(entry)}\n`);
    writeSync(this.#descriptor, line);
    this.#bytes += line.length;
    if (this.#bytes > COMPACT_AT_BYTES) this.#compact();
  }

  #compact(): void {
    if (this.#file === undefined) return;
    const entries: Entry[] = [...this.#devices].flatMap(([d, { stream, next, held }]) => [
      { d, stream, next: held[0]?.seq ?? next },
      ...held.map((post) => ({ d, post })),
    ]);
    const text = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
    const fresh = `${this.#file}.new`;
    writeFileSync(fresh, text);
    renameSync(fresh, this.#file);
    this.close();
    this.#descriptor = openSync(this.#file, 'a');
    this.#bytes = 0;
  }
}
