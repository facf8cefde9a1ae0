import type { Duration } from '@tashika/shared/time';
import type { Bundles } from './bundles.ts';
import { leftForUpdates } from './day-bytes.ts';
import type { Deployment } from './deployment.ts';
import { downloadPiece } from './download.ts';
import type { KeptState } from './kept-state.ts';
import { newDelays, type UpdaterParts } from './parts.ts';
import type { Waiting } from './waiting.ts';

/** A bundle that comes piece by piece, each at its time. */
export class Downloading {
  readonly #parts: UpdaterParts;
  readonly #kept: KeptState;
  readonly #bundles: Bundles;
  readonly #waiting: Waiting;
  /** Not before: polls and feedback wake the updater meanwhile. */
  #pieceAt: Duration = Number.NEGATIVE_INFINITY;
  #pieceDelays: Generator<Duration, never>;

  constructor(parts: UpdaterParts, kept: KeptState, bundles: Bundles, waiting: Waiting) {
    this.#parts = parts;
    this.#kept = kept;
    this.#bundles = bundles;
    this.#waiting = waiting;
    this.#pieceDelays = newDelays(parts);
  }

  /** Another bundle is to come, which has nothing to do with how long to wait for the last one. */
  startAfresh(): void {
    this.#pieceAt = Number.NEGATIVE_INFINITY;
    this.#pieceDelays = newDelays(this.#parts);
  }

  /** Downloads one piece, if it may; resolves with how long to wait before the next one. */
  async goOn(deployment: Deployment, stop: AbortSignal): Promise<Duration> {
    const { client, clock, settings } = this.#parts;
    const untilNext = this.#pieceAt - clock.monotonic();
    if (untilNext > 0) return untilNext;
    const bundle = await this.#bundles.of(deployment);
    await bundle.open(deployment.bytes);
    const missing = deployment.bytes - bundle.bytes;
    const spent = await this.#parts.dayBytes?.spent();
    const wait = missing > 0 ? await this.#waiting.beforePiece(missing, spent) : undefined;
    this.#waiting.note(wait?.why);
    if (wait) return wait.waitMs;
    const { fact, waitMs, why } = await downloadPiece(
      deployment,
      { ...settings, client, most: leftForUpdates(spent), bundle, clock, delay: () => this.#pieceDelays.next().value },
      stop,
    );
    if (fact?.fact === 'came') this.#pieceDelays = newDelays(this.#parts);
    this.#waiting.note(why);
    if (fact) await this.#kept.apply(fact);
    if (this.#kept.state.work?.stage.at !== 'downloading') return 0;
    this.#pieceAt = clock.monotonic() + waitMs;
    return waitMs;
  }
}
