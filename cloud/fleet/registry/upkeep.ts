import { messageOf } from '@tashika/shared/errors';
import type { Duration, TimerHandle } from '@tashika/shared/time';
import type { Logger } from '../../store/index.ts';
import { revokeTwins } from './same-bytes.ts';
import { removeUnnamed, type UnnamedParts } from './unnamed.ts';

const EVERY_MS: Duration = 6 * 3_600_000;

/**
 * Looks after the registry now and then, for as long as the process runs: what has the bytes of a revoked image is revoked
 * too, and bundles that no image names go.
 */
export class RegistryUpkeep {
  readonly #parts: UnnamedParts & { readonly logger: Logger };
  #timer: TimerHandle | undefined;
  #looking: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(parts: UnnamedParts & { readonly logger: Logger }) {
    this.#parts = parts;
  }

  start(): void {
    this.#looking = this.#look();
  }

  /** Resolves when the look that is under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#looking;
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    const { store, clock, logger, bundles } = this.#parts;
    try {
      const revoked = await revokeTwins(store, clock.now());
      if (revoked.length > 0) logger.warn({ revoked }, 'images with the bytes of a revoked one were revoked');
    } catch (error) {
      logger.warn({ error: messageOf(error) }, 'images with the bytes of a revoked one are looked for again later');
    }
    try {
      const removed = await removeUnnamed(this.#parts);
      if (removed > 0) logger.info({ removed }, 'bundles that no image names were taken away');
    } catch (error) {
      logger.warn({ error: messageOf(error), place: bundles.place }, 'unnamed bundles are looked for again later');
    }
    if (this.#stopped) return;
    this.#timer = clock.after(EVERY_MS, () => {
      this.#looking = this.#look();
    });
  }
}
