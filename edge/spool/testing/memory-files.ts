import type { FolderEntry, SegmentFile, SegmentFiles } from '../segment-files.ts';

/** The process is dead: nothing more reaches the disk. */
class Crash extends Error {}

interface Content {
  data: Buffer;
  /** What a power cut leaves for certain. */
  synced: Buffer;
}

/** A change that no sync has forced onto the disk yet: of a file's bytes or size, or of a name. */
type Pending =
  | { readonly content: Content; readonly position: number; readonly bytes: Buffer }
  | { readonly content: Content; readonly length: number }
  | { readonly folders: readonly string[]; readonly apply: (names: Map<string, Content>) => void };

/** Blocks of a write that reach the disk each by itself. Small, so that small records straddle them. */
const BLOCK_BYTES = 64;

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
  readonly #syncedNames = new Map<string, Content>();
  /** Changes since the last sync of their file or folder, oldest first. */
  #pending: Pending[] = [];
  /** Steps taken so far. */
  steps = 0;
  /** The steps that operations began with. */
  readonly operations: number[] = [];
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

  /** How many changes a power cut may keep or lose, each by itself, because the disk writes in whatever order it likes. */
  get unsynced(): number {
    return this.#pending.length;
  }

  /** The disk as a power cut leaves it that keeps, of the changes that were not synced, those that `keeps` says. */
  afterReordering(keeps: (index: number) => boolean): MemoryFiles {
    const names = new Map(this.#syncedNames);
    const changed = new Map<Content, Buffer>();
    this.#pending.forEach((change, index) => {
      if (!keeps(index)) return;
      if ('apply' in change) change.apply(names);
      else changed.set(change.content, applied(changed.get(change.content) ?? change.content.synced, change));
    });
    return this.#copy(names, (content) => changed.get(content) ?? content.synced);
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
    this.#rename([path], (names) => names.set(path, content));
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
    this.#rename([path], (names) => names.delete(path));
  }

  async move(from: string, to: string): Promise<void> {
    const content = this.#contentOf(from);
    this.#step();
    this.#rename([from, to], (names) => {
      names.delete(from);
      names.set(to, content);
    });
  }

  async syncFolder(folder: string): Promise<void> {
    this.#step();
    const isOfFolder = (change: Pending) => 'apply' in change && change.folders.includes(folder);
    for (const change of this.#pending.filter(isOfFolder)) if ('apply' in change) change.apply(this.#syncedNames);
    this.#pending = this.#pending.filter((change) => !isOfFolder(change));
  }

  #rename(paths: readonly string[], apply: (names: Map<string, Content>) => void): void {
    apply(this.#files);
    this.#pending.push({ folders: paths.map((path) => path.slice(0, path.lastIndexOf('/'))), apply });
  }

  #ofFile(content: Content): (change: Pending) => boolean {
    return (change) => 'content' in change && change.content === content;
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
        this.#pending.push({ content, length });
      },
      sync: async () => {
        this.#step();
        if (this.failsWith) throw systemError(this.failsWith, 'sync');
        content.synced = Buffer.from(content.data);
        const isOfFile = this.#ofFile(content);
        this.#pending = this.#pending.filter((change) => !isOfFile(change));
      },
      close: async () => undefined,
    };
  }

  #write(content: Content, position: number, bytes: Buffer): void {
    if (this.failsWith) throw systemError(this.failsWith, 'write');
    const room = Math.max(0, this.capacity - this.usedBytes) + content.data.length - position;
    const fitting = Math.min(bytes.length, Math.max(0, room));
    this.operations.push(this.steps);
    const stepBytes = fitting > 4_096 ? Math.ceil(fitting / 4) : 1;
    const steps = Math.ceil(fitting / stepBytes);
    const alive = Math.max(0, Math.min(steps, this.diesAt - this.steps));
    const written = Math.min(fitting, alive * stepBytes);
    const grown = Buffer.alloc(Math.max(content.data.length, position + written));
    content.data.copy(grown);
    bytes.copy(grown, position, 0, written);
    content.data = grown;
    const blockBytes = written > 4_096 ? 4_096 : BLOCK_BYTES;
    for (let at = 0; at < written; ) {
      const end = Math.min(written, at + blockBytes - ((position + at) % blockBytes));
      this.#pending.push({ content, position: position + at, bytes: Buffer.from(bytes.subarray(at, end)) });
      at = end;
    }
    this.steps += steps;
    if (alive < steps) this.#crash();
    if (fitting < bytes.length) throw systemError('ENOSPC', 'write');
  }

  #step(): void {
    this.operations.push(this.steps);
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

/** A file's bytes after a change; what was never written in between is zeros. */
function applied(before: Buffer, change: Exclude<Pending, { apply: unknown }>): Buffer {
  if ('length' in change) return Buffer.from(before.subarray(0, change.length));
  const { position, bytes } = change;
  const grown = Buffer.alloc(Math.max(before.length, position + bytes.length));
  before.copy(grown);
  bytes.copy(grown, position);
  return grown;
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
