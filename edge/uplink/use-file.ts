import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { type DaysUse, NOTHING_USED } from '../clock/index.ts';

const NAME = 'uplink-use.json';

/** What a link had cost in the day when it was last kept; nothing where there is no such file, or none that can be read. */
export async function keptUse(dataDirectory: string): Promise<DaysUse> {
  try {
    const { day, bytes, ranMs } = JSON.parse(await readFile(join(dataDirectory, NAME), 'utf8')) as Partial<DaysUse>;
    if (!isCount(bytes) || !isCount(ranMs)) return NOTHING_USED;
    return { day: isCount(day) ? day : undefined, bytes, ranMs };
  } catch {
    return NOTHING_USED;
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

/**
 * Keeps the use in a small file, seldom: each write costs an SD card a block or more. What a power cut takes from the
 * count is at most a fiftieth of the budget.
 */
export class UseFile {
  readonly #file: string;
  readonly #stepBytes: number;
  readonly #logger: Logger;
  #kept: DaysUse;
  #writing: Promise<void> = Promise.resolve();
  #failed = false;

  constructor(dataDirectory: string, dailyBytes: number, kept: DaysUse, logger: Logger) {
    this.#file = join(dataDirectory, NAME);
    this.#stepBytes = dailyBytes / 50;
    this.#kept = kept;
    this.#logger = logger;
  }

  /** Resolves when nothing is being written. */
  get settled(): Promise<void> {
    return this.#writing;
  }

  /** Writes if enough was used since the last time. */
  keep(use: DaysUse): void {
    const isNews = use.day !== this.#kept.day || use.bytes < this.#kept.bytes;
    if (isNews || use.bytes - this.#kept.bytes >= this.#stepBytes) void this.save(use);
  }

  /** Writes now, after what is being written. */
  save(use: DaysUse): Promise<void> {
    this.#kept = use;
    this.#writing = this.#writing.then(() => this.#write(use));
    return this.#writing;
  }

  async #write(use: DaysUse): Promise<void> {
    try {
      await writeFile(`${this.#file}.new`, `${JSON.stringify({ ...use, ranMs: Math.round(use.ranMs) })}\n`);
      await rename(`${this.#file}.new`, this.#file);
      this.#failed = false;
    } catch (err) {
      if (!this.#failed) this.#logger.warn({ err }, "the day's bytes can't be kept; a restart would forget them");
      this.#failed = true;
    }
  }
}
