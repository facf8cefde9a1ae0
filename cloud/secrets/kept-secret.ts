import { isTashikaError, messageOf } from '@tashika/shared/errors';
import type { Clock, Duration, TimerHandle } from '@tashika/shared/time';
import { isOutage, VaultFailure } from './failure.ts';
import { HandOver, type Refusal } from './hand-over.ts';
import { type Grant, type LeaseNews, type LeaseState, leaseAfter } from './lease.ts';
import type { VaultLogger } from './vault.ts';

/** A secret as it was fetched. */
export interface Fetched<T> {
  readonly value: T;
  /** Tells it from another one; the same for the same secret fetched again. Never logged. */
  readonly identity: string;
  /** How it may be told of: a version, a fingerprint, a user's name. */
  readonly known: Readonly<Record<string, string | number>>;
  /** For how long it is good, or how often to look for a newer one. */
  readonly news: Extract<LeaseNews, { kind: 'granted' | 'seen' }>;
  /** What a renewal names it by. */
  readonly leaseId?: string;
}

/** Where a secret comes from. Both throw VaultFailure or another TashikaError. */
export interface SecretOrigin<T> {
  /** As metrics and logs call it. */
  readonly name: string;
  fetch(): Promise<Fetched<T>>;
  /** @param grantedMs for how long it was granted at first, which is asked for again */
  renew?(secret: Fetched<T>, grantedMs: Duration): Promise<Grant>;
}

export interface KeeperParts {
  readonly clock: Clock;
  readonly logger: VaultLogger;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** What metrics and readiness tell of a secret; nothing of it is secret. */
export interface SecretState {
  readonly name: string;
  /** How long ago Vault gave it, renewed it, or said that it is still the latest. */
  readonly ageMs: Duration;
  /** How long it is good for yet, negative once it has run out; undefined without a lease. */
  readonly leftMs: Duration | undefined;
  readonly renewals: number;
  readonly replacements: number;
  readonly failures: number;
  readonly refusals: number;
  /** Why Vault does not renew or replace it, since when. */
  readonly trouble: Refusal | undefined;
  /** Why what it is for does not take the newest one, since when; the one before is in use. */
  readonly refusal: Refusal | undefined;
}

/** A timer can't wait longer than 24.8 days; a lease can. */
const LONGEST_WAIT_MS: Duration = 86_400_000;

/**
 * Keeps a secret fresh: does what `leaseAfter` says is next, when it is due, and hands each newer value to where it is
 * used. Whatever fails, the last good value stays.
 */
export class KeptSecret<T> {
  readonly #origin: SecretOrigin<T>;
  readonly #parts: KeeperParts;
  readonly #handOver: HandOver<Fetched<T>>;
  #newest: Fetched<T>;
  #lease: LeaseState;
  #timer: TimerHandle | undefined;
  #running: Promise<void> | undefined;
  /** What was learnt while an attempt was under way, and counts after it. */
  #meanwhile: LeaseNews | undefined;
  #stopped = false;
  #renewals = 0;
  #replacements = 0;
  #failures = 0;
  #trouble: Refusal | undefined;
  #toldRunOut = false;

  private constructor(origin: SecretOrigin<T>, parts: KeeperParts, first: Fetched<T>) {
    this.#origin = origin;
    this.#parts = parts;
    this.#newest = first;
    this.#handOver = new HandOver(origin.name, first, parts);
    this.#lease = leaseAfter(undefined, first.news, parts.clock.monotonic(), parts.random());
    this.#arm();
  }

  /** @throws what the first fetch throws */
  static async open<T>(origin: SecretOrigin<T>, parts: KeeperParts): Promise<KeptSecret<T>> {
    return new KeptSecret(origin, parts, await origin.fetch());
  }

  /** The newest that Vault gave. */
  get value(): T {
    return this.#newest.value;
  }

  get state(): SecretState {
    const now = this.#parts.clock.monotonic();
    const { confirmedAt, endsAt } = this.#lease;
    return {
      name: this.#origin.name,
      ageMs: now - confirmedAt,
      leftMs: Number.isFinite(endsAt) ? endsAt - now : undefined,
      renewals: this.#renewals,
      replacements: this.#replacements,
      failures: this.#failures,
      refusals: this.#handOver.refusals,
      trouble: this.#trouble,
      refusal: this.#handOver.refusal,
    };
  }

  /**
   * Hands each newer value to `adopt`, one at a time. If that throws, the one before stays in use, and the newest is
   * tried again at growing distances.
   */
  into(adopt: (value: T) => Promise<void>): void {
    this.#handOver.into(({ value }) => adopt(value));
    this.#handOver.offer(this.#newest);
  }

  /** What it is for has refused it: asks Vault for another one soon. */
  suspect(): void {
    this.#learn({ kind: 'suspected' });
  }

  /** Replaces it at once, because it can't be good any more; resolves when that has been tried. */
  async replace(): Promise<void> {
    await this.#running;
    this.#learn({ kind: 'orphaned' });
    this.#timer?.cancel();
    await this.#attempt();
  }

  /** Keeps it no longer; an attempt that is under way is waited for. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await Promise.all([this.#running, this.#handOver.stop()]);
  }

  #learn(news: LeaseNews): void {
    if (this.#running) {
      this.#meanwhile = news;
      return;
    }
    const { clock, random } = this.#parts;
    this.#lease = leaseAfter(this.#lease, news, clock.monotonic(), random());
    this.#arm();
  }

  #arm(): void {
    this.#timer?.cancel();
    const { next } = this.#lease;
    if (this.#stopped || !next) return;
    const { clock } = this.#parts;
    const waitMs = next.at - clock.monotonic();
    this.#timer = clock.after(Math.min(Math.max(waitMs, 0), LONGEST_WAIT_MS), () =>
      waitMs > LONGEST_WAIT_MS ? this.#arm() : void this.#attempt(),
    );
  }

  #attempt(): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    this.#running ??= this.#tryNext().then((news) => {
      this.#running = undefined;
      this.#learn(news);
      const meanwhile = this.#meanwhile;
      this.#meanwhile = undefined;
      if (meanwhile) this.#learn(meanwhile);
    });
    return this.#running;
  }

  /** Does what is next; never rejects. */
  async #tryNext(): Promise<LeaseNews> {
    try {
      const news = this.#lease.next?.what === 'renew' ? await this.#renewed() : await this.#fetched();
      if (this.#trouble) this.#parts.logger.info({ secret: this.#origin.name }, 'Vault gives the secret again');
      this.#trouble = undefined;
      this.#toldRunOut = false;
      return news;
    } catch (error) {
      return this.#failed(error);
    }
  }

  async #renewed(): Promise<LeaseNews> {
    const grant = await this.#origin.renew!(this.#newest, this.#lease.grantedMs);
    this.#renewals++;
    this.#parts.logger.debug({ secret: this.#origin.name, goodForMs: grant.durationMs }, 'a secret was renewed');
    return { kind: 'renewed', ...grant };
  }

  async #fetched(): Promise<LeaseNews> {
    const fetched = await this.#origin.fetch();
    if (fetched.identity !== this.#newest.identity) {
      this.#replacements++;
      this.#parts.logger.info({ secret: this.#origin.name, ...fetched.known }, 'Vault gave a new secret');
    }
    this.#newest = fetched;
    this.#handOver.offer(fetched);
    return fetched.news;
  }

  #failed(error: unknown): LeaseNews {
    const { clock, logger } = this.#parts;
    const secret = this.#origin.name;
    this.#failures++;
    const code = isTashikaError(error) ? error.code : 'INTERNAL';
    if (this.#trouble?.code !== code)
      logger.warn(
        { secret, code, error: messageOf(error) },
        'Vault gives a secret no longer; the last good one stays in use',
      );
    this.#trouble = { code, message: messageOf(error), since: this.#trouble?.since ?? clock.now() };
    if (!this.#toldRunOut && clock.monotonic() >= this.#lease.endsAt) {
      this.#toldRunOut = true;
      logger.error(
        { secret, code },
        'a secret has run out, and Vault gives no other; it is used for as long as it works',
      );
    }
    if (isOutage(error)) return { kind: 'postponed', askedMs: error instanceof VaultFailure ? error.askedMs : 0 };
    return { kind: 'refused' };
  }
}
