import { newStream } from '@tashika/shared/telemetry';
import type { Duration } from '@tashika/shared/time';
import type { Stamp } from '../clock/index.ts';
import { type NewerStream, newerFormatIn } from './format.ts';
import type { DiskMeter } from './metered-files.ts';
import { createStream, recoverStream, type Unsafe } from './recovery.ts';
import type { Reporter } from './report.ts';
import { firstOfSegment } from './segment.ts';
import type { SegmentFiles } from './segment-files.ts';
import { StateFile } from './state-file.ts';
import type { StreamLog, StreamPlace } from './stream-log.ts';
import { SET_ASIDE } from './stream-segments.ts';
import { unlessAbsent } from './unless-absent.ts';

const STREAM_FOLDER = /^(\d{6})\.([A-Za-z0-9_-]+)$/;

export interface ShelfOptions {
  readonly files: SegmentFiles;
  readonly report: Reporter;
  readonly bootId: string;
  readonly segmentBytes: number;
  readonly keep: boolean;
  readonly keepEvery: number | undefined;
  readonly meter?: DiskMeter | undefined;
  readonly unconfirmedBytes: number;
  readonly unconfirmedMs: Duration;
}

interface Shelved {
  readonly folder: string;
  readonly log: StreamLog;
  /** Whether it was told that the folder can't be removed. */
  stays: boolean;
}

/**
 * The streams on the disk, oldest first. New readings go to the newest; one that had to be left is emptied first and
 * then removed. Almost always there is one.
 */
export class Shelf {
  readonly #options: ShelfOptions;
  readonly #streams: Shelved[] = [];
  readonly #newer: NewerStream[] = [];
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
      const format = await newerFormatIn(files, folder);
      if (format !== undefined) {
        await shelf.#leave(folder, format);
        continue;
      }
      const goOn = folder === folders.at(-1);
      if (await isUnborn(files, folder)) {
        await removeFolder(files, folder).catch((error) => options.report({ kind: 'folder-left', folder, error }));
        continue;
      }
      const recovered = await recoverStream(shelf.#place(folder), goOn);
      shelf.#streams.push({ folder, log: recovered.log, stays: false });
      unsafe = recovered.unsafe;
    }
    const newest = shelf.#streams.at(-1);
    const last = folders.at(-1);
    if (!newest || unsafe || newest.folder !== last) {
      const number = Number(STREAM_FOLDER.exec(last ?? '')?.[1] ?? 0) + 1;
      const stream = newStream();
      const folder = `${String(number).padStart(6, '0')}.${stream}`;
      shelf.#streams.push({ folder, log: await createStream(shelf.#place(folder)), stays: false });
      const newer = shelf.#newer.some((each) => each.folder === last);
      options.report({ kind: 'new-stream', stream, why: newer ? 'newer-format' : (unsafe ?? 'first') });
      for (const { log } of shelf.#streams) await log.save();
    }
    return shelf;
  }

  get newest(): StreamLog {
    return this.#streams.at(-1)!.log;
  }

  get logs(): readonly StreamLog[] {
    return this.#streams.map(({ log }) => log);
  }

  /** Streams of a newer format, which are left as they are: the agent that wrote them takes them up again. */
  get newer(): readonly NewerStream[] {
    return this.#newer;
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

  /** Gives back the oldest segment that only waits for confirmation; false when there is none. */
  async dropSent(): Promise<boolean> {
    for (const { log } of this.#streams) if (await log.dropSent()) return true;
    return false;
  }

  /** Makes a segment that nobody has seen smaller; false when there is none, or the disk has no room to do it. */
  async thinOut(): Promise<boolean> {
    for (const { log } of this.#streams) if (await log.thinOut().catch(() => false)) return true;
    return false;
  }

  /** Gives up what is too old, segment by segment; the last one of a stream stays. */
  async dropTooOld(isTooOld: (stamp: Stamp) => boolean): Promise<void> {
    for (const { log } of this.#streams) while (await log.dropTooOld(isTooOld));
  }

  /** Bytes of segments that only wait for confirmation. */
  get sentBytes(): number {
    return this.#streams.reduce((sum, { log }) => sum + log.sentBytes, 0);
  }

  /**
   * Removes a stream, which must be empty and have told its losses. Files in its folder that are not the spool's are
   * left, and the folder with them. Where the disk refuses, the stream stays, and removing it may be tried again.
   */
  async retire(log: StreamLog): Promise<void> {
    const stream = this.#streams.find((each) => each.log === log)!;
    const { files, report } = this.#options;
    try {
      await log.removeSegments();
      await removeFolder(files, stream.folder);
    } catch (error) {
      if (!stream.stays) report({ kind: 'folder-left', folder: stream.folder, error });
      stream.stays = true;
      if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') return;
    }
    this.#streams.splice(this.#streams.indexOf(stream), 1);
    await log.close();
  }

  /** Makes every changed state durable, and holds the bounds of what waits for confirmation. @param now monotonic */
  async save(now: Duration): Promise<void> {
    const { unconfirmedMs, unconfirmedBytes } = this.#options;
    this.newest.letGoAfter(unconfirmedMs, now);
    for (const { log } of this.#streams) if (log.unsaved) await log.save();
    while (this.sentBytes > unconfirmedBytes && (await this.dropSent()));
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

  async #leave(folder: string, format: number): Promise<void> {
    const { files, report } = this.#options;
    const bytes = (await files.list(folder)).reduce((sum, each) => sum + each.bytes, 0);
    const stream = { stream: STREAM_FOLDER.exec(folder)![2]!, folder, format, bytes };
    this.#newer.push(stream);
    report({ kind: 'newer-left', ...stream });
  }

  async #listSetAside(): Promise<void> {
    const entries = await this.#options.files.list(SET_ASIDE);
    this.#setAside.push(...entries.map(({ name, bytes }) => ({ file: `${SET_ASIDE}/${name}`, bytes })));
    this.#setAside.sort((a, b) => (a.file < b.file ? -1 : 1));
  }
}

/** Whether a crash while a stream began, or ended, left a folder in which no reading can be. */
async function isUnborn(files: SegmentFiles, folder: string): Promise<boolean> {
  const entries = await files.list(folder);
  if (entries.some(({ name }) => firstOfSegment(name) !== undefined)) return false;
  const opened = await StateFile.open(files, folder);
  await opened?.file.close();
  return opened?.state === undefined;
}

/** Removes the folder of a stream that has no segments; rejects with `ENOTEMPTY` where it holds files of others. */
async function removeFolder(files: SegmentFiles, folder: string): Promise<void> {
  await unlessAbsent(StateFile.remove(files, folder));
  await unlessAbsent(files.removeFolder(folder));
}
