import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isTashikaError, messageOf, TashikaError } from '@tashika/shared/errors';
import { type RegionCode, resolveRegion } from '@tashika/shared/regions';
import type { Clock, Duration } from '@tashika/shared/time';
import type { Logger } from 'pino';
import type { MetadataOptions } from '../metadata/index.ts';
import { jitteredDelays } from '../retry/index.ts';
import { askTag } from './tag.ts';

const KEPT = 'region';
const RETRY = { firstMs: 1_000, mostMs: 300_000 };
/** An operator may correct the SIM's tag while the device runs. */
const ASK_AGAIN_AFTER: Duration = 3_600_000;

export interface RegionOptions {
  /** Set by the configuration; then nothing is asked. */
  readonly configured: string | undefined;
  /** The region of a SIM that has no tag of its own: the group's. */
  readonly fallback?: string | undefined;
  readonly metadata: MetadataOptions;
  readonly dataDirectory: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/**
 * Where the device stands: what the configuration says, else the tag `pref` of the SIM, else its group's region, else
 * what these were when they could last be asked.
 */
export class RegionFinder {
  readonly known: Promise<void>;
  readonly #options: RegionOptions;
  readonly #stopped = new AbortController();
  #learn!: () => void;
  #current: RegionCode | undefined;
  #asking: Promise<void> | undefined;

  constructor(options: RegionOptions) {
    this.#options = options;
    this.known = new Promise((resolve) => {
      this.#learn = resolve;
    });
  }

  get current(): RegionCode | undefined {
    return this.#current;
  }

  async start(): Promise<void> {
    const configured = resolveRegion(this.#options.configured);
    if (configured !== undefined) return this.#set(configured);
    const kept = await this.#kept();
    if (kept !== undefined) this.#set(kept);
    this.#asking = this.#ask();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#asking;
  }

  #set(region: RegionCode): void {
    this.#current = region;
    this.#learn();
  }

  async #ask(): Promise<void> {
    const { metadata, clock, random, logger } = this.#options;
    const { signal } = this.#stopped;
    let delays = jitteredDelays(RETRY, random);
    let told = '';
    while (!signal.aborted) {
      let pause: Duration;
      try {
        const region = await this.#told(metadata, signal);
        if (region !== this.#current) {
          logger.info({ region }, "the region is the SIM's tag, or its group's");
          this.#set(region);
          await this.#keep(region);
        }
        delays = jitteredDelays(RETRY, random);
        pause = ASK_AGAIN_AFTER;
      } catch (error) {
        if (signal.aborted) return;
        const problem = messageOf(error);
        if (problem !== told) logger.warn({ err: error, using: this.#current ?? null }, problem);
        told = problem;
        pause = delays.next().value;
      }
      await clock.sleep(pause, signal).catch(() => undefined);
    }
  }

  /** The SIM's tag, or the group's region where the SIM has none that can be used. */
  async #told(metadata: MetadataOptions, signal: AbortSignal): Promise<RegionCode> {
    try {
      return regionOfTag(await askTag(metadata, signal));
    } catch (error) {
      const fallback = resolveRegion(this.#options.fallback);
      if (fallback !== undefined && isTashikaError(error, 'REGION_UNKNOWN')) return fallback;
      throw error;
    }
  }

  async #kept(): Promise<RegionCode | undefined> {
    const text = await readFile(this.#file(), 'utf8').catch(() => undefined);
    return resolveRegion(text?.trim());
  }

  async #keep(region: RegionCode): Promise<void> {
    try {
      await writeFile(`${this.#file()}.new`, `${region}\n`, { flush: true });
      await rename(`${this.#file()}.new`, this.#file());
    } catch (error) {
      this.#options.logger.warn({ err: error }, "the region can't be kept; it is asked for again after a restart");
    }
  }

  #file(): string {
    return join(this.#options.dataDirectory, KEPT);
  }
}

function regionOfTag(tag: string): RegionCode {
  const region = resolveRegion(tag);
  if (region !== undefined) return region;
  throw new TashikaError(
    'REGION_UNKNOWN',
    `The SIM's tag pref names no prefecture: ${JSON.stringify(tag.slice(0, 60))}. Set it to a code such as 13, or set region.`,
  );
}
