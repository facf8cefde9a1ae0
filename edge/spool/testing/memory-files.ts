import type { FolderEntry, SegmentFile, SegmentFiles } from '../segment-files.ts';

/** The process is dead: nothing more reaches the disk. */
class Crash extends Error {}

interface Content {
  data: Buffer;
  /** What a power cut leaves for certain. */
  synced: Buffer;
}

/** What a power cut does with writes that were not synced: none, all or half of them reached the disk. */
export type PowerCut = 'keeps-none' | 'keeps-all' | 'keeps-half';

/**
 * A disk in memory that can end at any byte, lose what was not synced, and be full. A step is one byte written or one
 * change of a name or size; of a long write only a few places count as steps.
 */
export class MemoryFiles implements SegmentFiles {
  readonly #files = new Map<string, Content>();
  readonly #folders = new Set<string>();
  /** The names that a power cut leaves for certain. */
  #syncedNames = new Map<string, Content>();
  /** Steps taken so far. */
  steps = 0;
  /** The step before which the process dies. */
  diesAt = Number.POSITIVE_INFINITY;
  /** Bytes of files that the disk holds; writing within a file needs none. */
  capacity = Number.POSITIVE_INFINITY;
  /** Set: every write fails with this code, in place or not. */
  failsWith: string | undefined;
  /** Set: no name is taken away, with this code. */
  refusesRemoval: string | undefined;
  /** The code with which reading these bytes of a file fails, or opening it, which reads none. */
  readFault: (path: string, position: number, length: number) => string | undefined = () => undefined;
  bytesRead = 0;
  #die!: () => void;
  /** Resolves when the process dies. */
  readonly died = new Promise<'died'>((resolve) => {
    this.#die = () => resolve('died');
  });

  /** The disk as a killed process leaves it. */
  afterKill(): MemoryFiles {
    return this.#copy(this.#files, ({ data }) => data);
  }

  /** The disk as a power cut leaves it. */
  afterPowerCut(cut: PowerCut): MemoryFiles {
    if (cut === 'keeps-none') return this.#copy(this.#syncedNames, ({ synced }) => synced);
    return this.#copy(this.#files, (content) => (cut === 'keeps-all' ? content.data : half(content)));
  }

  get paths(): string[] {
    return [...this.#files.keys()].sort();
  }

  get usedBytes(): number {
    return [...this.#files.values()].reduce((sum, { data }) => sum + data.length, 0);
  }

  contentOf(path: string): Buffer {
    return this.#contentOf(path).data;
  }

  /** Damages a file behind the spool's back. */
  damage(path: string, change: (data: Buffer) => Buffer): void {
    const content = this.#contentOf(path);
    content.data = change(Buffer.from(content.data));
    content.synced = content.data;
  }

  /** Removes a file behind the spool's back. */
  erase(path: string): void {
    this.#files.delete(path);
    this.#syncedNames.delete(path);
  }

  async list(folder: string): Promise<readonly FolderEntry[]> {
    const prefix = folder === '.' ? '' : `${folder}/`;
    const inside = (path: string) => path.startsWith(prefix) && !path.slice(prefix.length).includes('/');
    const folders = [...this.#folders].filter((path) => path !== '.' && inside(path));
    const files = [...this.#files].filter(([path]) => inside(path));
    return [
      ...folders.map((path) => ({ name: path.slice(prefix.length), isFolder: true, bytes: 0 })),
      ...files.map(([path, { data }]) => ({ name: path.slice(prefix.length), isFolder: false, bytes: data.length })),
    ];
  }

  async makeFolder(folder: string): Promise<void> {
    if (this.#folders.has(folder)) return;
    this.#step();
    this.#folders.add(folder);
  }

  async removeFolder(folder: string): Promise<void> {
    if (this.refusesRemoval) throw systemError(this.refusesRemoval, folder);
    this.#step();
    if ((await this.list(folder)).length > 0) throw systemError('ENOTEMPTY', folder);
    this.#folders.delete(folder);
  }

  async create(path: string): Promise<SegmentFile> {
    if (this.#files.has(path)) throw systemError('EEXIST', path);
    this.#step();
    const content = { data: Buffer.alloc(0), synced: Buffer.alloc(0) };
    this.#files.set(path, content);
    return this.#handle(path, content);
  }

  async open(path: string): Promise<SegmentFile> {
    this.#mayRead(path, 0, 0);
    return this.#handle(path, this.#contentOf(path));
  }

  async remove(path: string): Promise<void> {
    if (this.refusesRemoval) throw systemError(this.refusesRemoval, path);
    this.#contentOf(path);
    this.#step();
    this.#files.delete(path);
  }

  async move(from: string, to: string): Promise<void> {
    const content = this.#contentOf(from);
    this.#step();
    this.#files.delete(from);
    this.#files.set(to, content);
  }

  async syncFolder(folder: string): Promise<void> {
    this.#step();
    const inside = (path: string) => path.startsWith(`${folder}/`);
    for (const path of [...this.#syncedNames.keys()].filter(inside)) this.#syncedNames.delete(path);
    for (const [path, content] of this.#files) if (inside(path)) this.#syncedNames.set(path, content);
  }

  #mayRead(path: string, position: number, length: number): void {
    const fault = this.readFault(path, position, length);
    if (fault) throw systemError(fault, path);
  }

  #handle(path: string, content: Content): SegmentFile {
    return {
      size: async () => content.data.length,
      read: async (position, length) => {
        this.#mayRead(path, position, length);
        const bytes = Buffer.from(content.data.subarray(position, position + length));
        this.bytesRead += bytes.length;
        return bytes;
      },
      write: async (position, bytes) => this.#write(content, position, bytes),
      truncate: async (length) => {
        this.#step();
        content.data = Buffer.from(content.data.subarray(0, length));
      },
      sync: async () => {
        this.#step();
        if (this.failsWith) throw systemError(this.failsWith, 'sync');
        content.synced = Buffer.from(content.data);
      },
      close: async () => undefined,
    };
  }

  #write(content: Content, position: number, bytes: Buffer): void {
    if (this.failsWith) throw systemError(this.failsWith, 'write');
    const room = Math.max(0, this.capacity - this.usedBytes) + content.data.length - position;
    const fitting = Math.min(bytes.length, Math.max(0, room));
    const stepBytes = fitting > 4_096 ? Math.ceil(fitting / 4) : 1;
    const steps = Math.ceil(fitting / stepBytes);
    const alive = Math.max(0, Math.min(steps, this.diesAt - this.steps));
    const written = Math.min(fitting, alive * stepBytes);
    const grown = Buffer.alloc(Math.max(content.data.length, position + written));
    content.data.copy(grown);
    bytes.copy(grown, position, 0, written);
    content.data = grown;
    this.steps += steps;
    if (alive < steps) this.#crash();
    if (fitting < bytes.length) throw systemError('ENOSPC', 'write');
  }

  #step(): void {
    if (this.steps >= this.diesAt) this.#crash();
    this.steps++;
  }

  #crash(): never {
    this.#die();
    throw new Crash();
  }

  #contentOf(path: string): Content {
    const content = this.#files.get(path);
    if (!content) throw systemError('ENOENT', path);
    return content;
  }

  #copy(names: ReadonlyMap<string, Content>, dataOf: (content: Content) => Buffer): MemoryFiles {
    const copy = new MemoryFiles();
    for (const folder of this.#folders) copy.#folders.add(folder);
    for (const [path, content] of names) {
      const data = Buffer.from(dataOf(content));
      const same = { data, synced: data };
      copy.#files.set(path, same);
      copy.#syncedNames.set(path, same);
    }
    return copy;
  }
}

/** Half of the bytes that differ, from the front. */
function half({ data, synced }: Content): Buffer {
  let first = 0;
  while (first < data.length && first < synced.length && data[first] === synced[first]) first++;
  const cut = first + Math.floor((data.length - first) / 2);
  return Buffer.concat([data.subarray(0, cut), synced.subarray(cut)]);
}

function systemError(code: string, what: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${what}`), { code });
}
