import type { Clock, Duration, Timestamp } from '@tashika/shared/time';
import type { Queryable } from '../store/index.ts';

const TRIM_EVERY_MS: Duration = 60_000;

/**
 * Remembers which signed requests have been answered, for all API processes of a store, so that a recorded one is
 * good for nothing. That is one row a request for as long as its signature is good: 16 MB for 10,000 requests a minute
 * at the standard tolerance. The table is not logged, so a row costs no wait for the disk; when a server crashes it is
 * emptied, and what was signed just before could be asked once more. Keeping only the latest timestamp of each SIM
 * would be smaller, but would refuse the earlier of two requests that overtake each other.
 */
export class ReceiptRequests {
  readonly #store: Queryable;
  readonly #clock: Clock;
  readonly #toleranceMs: Duration;
  #trimmedAt: number;

  constructor(store: Queryable, clock: Clock, toleranceMs: Duration) {
    this.#store = store;
    this.#clock = clock;
    this.#toleranceMs = toleranceMs;
    this.#trimmedAt = clock.monotonic();
  }

  /** Notes a request whose signature is right and good. False if it has been noted before, here or by another process. */
  async isFirst(signature: Buffer, signedAt: Timestamp): Promise<boolean> {
    await this.#trim();
    const noted = await this.#store.query(
      `INSERT INTO receipt_request (signature, asked_at) VALUES ($1, $2)
       ON CONFLICT (signature) DO NOTHING RETURNING true AS is_first`,
      [signature, new Date(signedAt)],
    );
    return noted.length > 0;
  }

  /** Once a minute, forgets what is too old to be answered; twice the tolerance, for processes whose clocks differ. */
  async #trim(): Promise<void> {
    const now = this.#clock.monotonic();
    if (now - this.#trimmedAt < TRIM_EVERY_MS) return;
    this.#trimmedAt = now;
    const before = new Date(this.#clock.now() - 2 * this.#toleranceMs);
    await this.#store.query('DELETE FROM receipt_request WHERE asked_at < $1', [before]);
  }
}
