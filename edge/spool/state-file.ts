import type { SegmentFile, SegmentFiles } from './segment-files.ts';
import { decodeSlots, encodeSlot, SLOT_BYTES, type StreamState } from './stream-state.ts';

const STATE_FILE = 'state';

/** A stream's state on the disk: two slots, written in turn. */
export class StateFile {
  readonly #file: SegmentFile;
  #generation: number;

  private constructor(file: SegmentFile, generation: number) {
    this.#file = file;
    this.#generation = generation;
  }

  /** Makes the file at its full size, durable, saying nothing yet. */
  static async create(files: SegmentFiles, folder: string): Promise<StateFile> {
    const file = await files.create(`${folder}/${STATE_FILE}`);
    await file.write(0, Buffer.alloc(2 * SLOT_BYTES));
    await file.sync();
    await files.syncFolder(folder);
    return new StateFile(file, 0);
  }

  /** The state file and what it says; the state is `undefined` when neither slot is valid. */
  static async open(
    files: SegmentFiles,
    folder: string,
  ): Promise<{ readonly file: StateFile; readonly state: StreamState | undefined } | undefined> {
    if (!(await files.list(folder)).some(({ name }) => name === STATE_FILE)) return undefined;
    const file = await files.open(`${folder}/${STATE_FILE}`);
    const newest = decodeSlots(await file.read(0, 2 * SLOT_BYTES));
    return { file: new StateFile(file, newest?.generation ?? 0), state: newest?.state };
  }

  /** Durable when it resolves. After a rejection the state before it is still there, and a further try is safe. */
  async save(state: StreamState): Promise<void> {
    const generation = this.#generation + 1;
    const slot = encodeSlot(generation, state);
    await this.#file.write((generation % 2) * SLOT_BYTES, slot);
    await this.#file.sync();
    this.#generation = generation;
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  static async remove(files: SegmentFiles, folder: string): Promise<void> {
    await files.remove(`${folder}/${STATE_FILE}`);
  }
}
