import { type ErrorCode, isTashikaError, messageOf } from '@tashika/shared/errors';
import type { TimerHandle, Timestamp } from '@tashika/shared/time';
import { backoffMs } from './backoff.ts';
import type { KeeperParts } from './kept-secret.ts';

/** Why something does not go on, in words that say what to do. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly since: Timestamp;
}

interface Offered {
  readonly identity: string;
  readonly known: Readonly<Record<string, string | number>>;
}

/** Hands each newer secret to where it is used, one at a time; one that does not work there leaves the former in use. */
export class HandOver<Secret extends Offered> {
  readonly #name: string;
  readonly #parts: KeeperParts;
  #adopt: ((secret: Secret) => Promise<void>) | undefined;
  #inUse: Secret;
  #newest: Secret;
  #handing: Promise<void> | undefined;
  #retry: TimerHandle | undefined;
  #inARow = 0;
  #refusals = 0;
  #refusal: Refusal | undefined;
  #stopped = false;

  /** @param first what is in use from the start */
  constructor(name: string, first: Secret, parts: KeeperParts) {
    this.#name = name;
    this.#parts = parts;
    this.#inUse = first;
    this.#newest = first;
  }

  /** How often a newer one was refused. */
  get refusals(): number {
    return this.#refusals;
  }

  /** Why the newest one is not in use; undefined when it is. */
  get refusal(): Refusal | undefined {
    return this.#refusal;
  }

  into(adopt: (secret: Secret) => Promise<void>): void {
    this.#adopt = adopt;
  }

  offer(secret: Secret): void {
    const isAnother = secret.identity !== this.#newest.identity;
    this.#newest = secret;
    if (isAnother) this.#inARow = 0;
    if (isAnother || !this.#refusal) this.#hand();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#retry?.cancel();
    await this.#handing;
  }

  #hand(): void {
    const adopt = this.#adopt;
    if (this.#stopped || !adopt || this.#handing) return; // who hands one looks for a newer one afterwards
    this.#retry?.cancel();
    this.#handing = Promise.resolve().then(() => this.#handNewest(adopt));
  }

  /** Never rejects. */
  async #handNewest(adopt: (secret: Secret) => Promise<void>): Promise<void> {
    try {
      while (!this.#stopped && this.#newest.identity !== this.#inUse.identity) {
        const offered = this.#newest;
        try {
          await adopt(offered);
          this.#inUse = offered;
          this.#parts.logger.info({ secret: this.#name, ...offered.known }, 'a new secret is in use');
        } catch (error) {
          if (this.#stopped) return;
          this.#refused(offered, error);
          if (offered.identity === this.#newest.identity) return;
        }
      }
      this.#refusal = undefined; // the newest is in use, or the one in use is the newest again
      this.#inARow = 0;
    } finally {
      this.#handing = undefined; // at once: one that is offered a moment later is handed by whoever offers it
    }
  }

  #refused(offered: Secret, error: unknown): void {
    const { clock, logger, random } = this.#parts;
    this.#refusals++;
    this.#inARow++;
    const code = isTashikaError(error) ? error.code : 'INTERNAL';
    const message = messageOf(error);
    if (this.#refusal?.message !== message)
      logger.warn(
        { secret: this.#name, ...offered.known, code, error: message },
        'a new secret does not work; the one before stays in use for as long as it works',
      );
    this.#refusal = { code, message, since: this.#refusal?.since ?? clock.now() };
    this.#retry?.cancel();
    this.#retry = clock.after(backoffMs(this.#inARow, random()), () => this.#hand());
  }
}
