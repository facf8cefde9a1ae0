import type { Duration } from '@tashika/shared/time';
import { type Wait, waitFor, waitForAgent, waitForTrial } from './courtesy.ts';
import type { Spent } from './day-bytes.ts';
import type { UpdaterParts } from './parts.ts';

type Parts = Pick<UpdaterParts, 'settings' | 'device' | 'clock' | 'logger' | 'dayBytes'>;

/** What an update makes way for, for how long already, and what was said of it. */
export class Waiting {
  readonly #parts: Parts;
  #waitedFor: string | undefined;
  #yieldingSince: Duration | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Before a piece of a bundle of which `missing` bytes are to come. */
  async beforePiece(missing: number, spent: Spent | undefined): Promise<Wait> {
    const { settings, device } = this.#parts;
    const { freeBytes: leaveFree } = settings;
    return waitFor({ ...(await this.#needs()), spent, free: await device.free(), leaveFree, missing });
  }

  /** Before a new image is tried. */
  async beforeTrial(): Promise<Wait> {
    return waitForTrial({ ...(await this.#needs()), spent: await this.#parts.dayBytes?.spent() });
  }

  /** Says once why an update waits, and that it goes on. */
  note(why: string | undefined): void {
    const kind = why?.replace(/\d+/g, 'n');
    if (kind === this.#waitedFor) return;
    this.#waitedFor = kind;
    if (why === undefined) this.#parts.logger.info('the update goes on');
    else this.#parts.logger.info({ why }, 'the update waits');
  }

  /** What the agent needs the link for, and how long it has been made way for. */
  async #needs() {
    const { clock, device, settings } = this.#parts;
    const agent = await device.agent();
    const { mostHeld } = settings;
    if (waitForAgent({ agent, mostHeld, yieldedMs: 0 }) === undefined) this.#yieldingSince = undefined;
    else this.#yieldingSince ??= clock.monotonic();
    const yieldedMs = this.#yieldingSince === undefined ? 0 : clock.monotonic() - this.#yieldingSince;
    return { agent, mostHeld, yieldedMs };
  }
}
