import { newStream } from '@tashika/shared/telemetry';
import { createStream, recoverStream, type StreamPlace, type Unsafe } from './recovery.ts';
import type { Reporter } from './report.ts';
import { firstOfSegment } from './segment.ts';
import type { SegmentFiles } from './segment-files.ts';
import { StateFile } from './state-file.ts';
import { SET_ASIDE, type StreamLog } from './stream-log.ts';
import { unlessAbsent } from './unless-absent.ts';

const STREAM_FOLDER = /^(\d{6})\.([A-Za-z0-9_-]+)$/;

export interface ShelfOptions {
  readonly files: SegmentFiles;
  readonly report: Reporter;
  readonly bootId: string;
  readonly segmentBytes: number;
}

/**
 * The streams on the disk, oldest first. New readings go to the newest; one that had to be left is emptied first and
 * then removed. Almost always there is one.
 */
export class Shelf {
  readonly #options: ShelfOptions;
  readonly #streams: { readonly folder: string; readonly log: StreamLog }[] = [];
  readonly #setAside: { readonly file: string; readonly bytes: number }[] = [];

  private constructor(options: ShelfOptions) {
    this.#options = options;
  }

  /** Opens what is there, and begins a stream where there is none that may be gone on with. */
  static async open(options: ShelfOptions): Promise<Shelf> {
    const shelf = new Shelf(options);
    const { files } = options;
    await files.makeFolder('.');
    await shelf.#listSetAside();
    const folders = (await files.list('.'))
      .filter(({ name, isFolder }) => isFolder && STREAM_FOLDER.test(name))
      .map(({ name }) => name);
    folders.sort();
    let unsafe: Unsafe | undefined;
    for (const folder of folders) {
      const goOn = folder === folders.at(-1);
      if (await removeUnborn(files, folder)) continue;
      const recovered = await recoverStream(shelf.#place(folder), goOn);
      shelf.#streams.push({ folder, log: recovered.log });
      unsafe = recovered.unsafe;
    }
    const newest = shelf.#streams.at(-1);
    if (!newest || unsafe || newest.folder !== folders.at(-1)) {
      const number = Number(STREAM_FOLDER.exec(folders.at(-1) ?? '')?.[1] ?? 0) + 1;
      const stream = newStream();
      const folder = `${String(number).padStart(6, '0')}.${stream}`;
      shelf.#streams.push({ folder, log: await createStream(shelf.#place(folder)) });
      options.report({ kind: 'new-stream', stream, why: unsafe ?? 'first' });
      for (const { log } of shelf.#streams) await log.save();
    }
    return shelf;
  }

  get oldest(): StreamLog {
    return this.#streams[0]!.log;
  }

  get newest(): StreamLog {
    return this.#streams.at(-1)!.log;
  }

  get logs(): readonly StreamLog[] {
    return this.#streams.map(({ log }) => log);
  }

  /** Bytes of segments that hold readings. */
  get bytes(): number {
    return this.#streams.reduce((sum, { log }) => sum + log.bytes, 0);
  }

  get setAsideBytes(): number {
    return this.#setAside.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Deletes the oldest file that was set aside; false when there is none. */
  async dropSetAside(): Promise<boolean> {
    const file = this.#setAside[0];
    if (!file) return false;
    // Whoever looked into it may have removed it already, which made the same room.
    await unlessAbsent(this.#options.files.remove(file.file));
    this.#setAside.shift();
    this.#options.report({ kind: 'set-aside-removed', file: file.file, bytes: file.bytes });
    return true;
  }

  /** Gives up the oldest segment of readings, told as lost; false when only the one being written is left. */
  async dropOldest(): Promise<boolean> {
    for (const { log } of this.#streams) if (await log.dropOldest('spool-full', log !== this.newest)) return true;
    return false;
  }

  /** Removes the oldest stream, which must be empty and have told its losses. */
  async retireOldest(): Promise<void> {
    const { files } = this.#options;
    const { folder, log } = this.#streams[0]!;
    await log.remove(async () => {
      await StateFile.remove(files, folder);
      await files.removeFolder(folder);
    });
    this.#streams.shift();
  }

  /** Makes every changed state durable. */
  async save(): Promise<void> {
    for (const { log } of this.#streams) if (log.unsaved) await log.save();
  }

  async close(): Promise<void> {
    for (const { log } of this.#streams) await log.close();
  }

  #place(folder: string): StreamPlace {
    const report: Reporter = (each) => {
      if (each.kind === 'segment-set-aside') this.#setAside.push(each);
      this.#options.report(each);
    };
    return { ...this.#options, report, folder, stream: STREAM_FOLDER.exec(folder)![2]! };
  }

  async #listSetAside(): Promise<void> {
    const entries = await this.#options.files.list(SET_ASIDE);
    this.#setAside.push(...entries.map(({ name, bytes }) => ({ file: `${SET_ASIDE}/${name}`, bytes })));
    this.#setAside.sort((a, b) => (a.file < b.file ? -1 : 1));
  }
}

/** A crash while a stream began leaves a folder in which no reading can be; it is removed. */
async function removeUnborn(files: SegmentFiles, folder: string): Promise<boolean> {
  const entries = await files.list(folder);
  if (entries.some(({ name }) => firstOfSegment(name) !== undefined)) return false;
  const opened = await StateFile.open(files, folder);
  await opened?.file.close();
  if (opened?.state) return false;
  if (opened) await StateFile.remove(files, folder);
  await files.removeFolder(folder);
  return true;
}
