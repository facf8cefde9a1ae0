import { messageOf } from '@tashika/shared/errors';
import type { Clock, Duration } from '@tashika/shared/time';

/** Nearly full, a disk takes one line and refuses the next: it has room again once nothing failed for this long. */
const SETTLED_MS: Duration = 10_000;

/** Says once that the data directory can't be written, and once that it can be again, however many writes fail. */
export class DiskTrouble {
  readonly #clock: Clock;
  readonly #tell: (line: string) => void;
  #failedAt: number | undefined;

  constructor(clock: Clock, tell: (line: string) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** Does what writes; false where it failed. */
  attempt(write: () => void): boolean {
    try {
      write();
    } catch (error) {
      this.wrote(error);
      return false;
    }
    this.wrote(undefined);
    return true;
  }

  /** @param failure why a write failed; undefined for one that did not */
  wrote(failure: unknown): void {
    const now = this.#clock.monotonic();
    if (failure !== undefined) {
      if (this.#failedAt === undefined)
        this.#tell(
          `The data directory can't be written: ${messageOf(failure)}. ` +
            'Log lines are left out and simulated devices measure nothing until it can be.',
        );
      this.#failedAt = now;
    } else if (this.#failedAt !== undefined && now - this.#failedAt > SETTLED_MS) {
      this.#failedAt = undefined;
      this.#tell('The data directory can be written again.');
    }
  }
}
