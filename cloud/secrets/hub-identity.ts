import { messageOf, TashikaError } from '@tashika/shared/errors';
import type { Clock, Duration, TimerHandle, Timestamp } from '@tashika/shared/time';
import { backoffMs } from './backoff.ts';
import { askForIdentityToken, type IdentityAnswer, type IdentityQuestion } from './identity-endpoint.ts';
import type { VaultLogger } from './vault.ts';

/** The audience of Event Hubs, whichever namespace ("Authenticate a managed identity with Microsoft Entra ID"). */
const EVENT_HUBS = 'https://eventhubs.azure.net';
/** The SDK puts its token anew so long before the expiry that it was told. */
const SDK_MARGIN_MS: Duration = 120_000;
const LONGEST_RENEWAL_MS: Duration = 60_000;
const SHORTEST_MS: Duration = 1000;

/** A token, and when the SDK is to ask for another one: the form of `AccessToken` of `@azure/core-auth`. */
export interface HubToken {
  readonly token: string;
  readonly expiresOnTimestamp: Timestamp;
}

export interface HubIdentityOptions {
  /** Names a user-assigned identity; the system-assigned one, if absent. */
  readonly clientId?: string | undefined;
  /** Where Azure says how to ask: IDENTITY_ENDPOINT and IDENTITY_HEADER. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly logger: VaultLogger;
  /** Uniform in [0, 1). Default: Math.random. */
  readonly random?: () => number;
}

interface HeldToken {
  readonly token: string;
  readonly expiresAt: Timestamp;
}

/**
 * Tokens for Event Hubs of the managed identity that this program runs under; a `TokenCredential` of the SDK. A token is
 * kept, and another asked for when half of what is left of it has passed, a tenth of that sooner by chance: Azure answers
 * with the same token for as long as it likes, so it is asked at half of the rest again. While Azure's endpoint is away
 * the token in use serves until its end.
 *
 * No token is in an error or in the log.
 */
export class HubIdentity {
  readonly #question: IdentityQuestion;
  readonly #options: HubIdentityOptions;
  readonly #random: () => number;
  readonly #askEndpoint: typeof askForIdentityToken;
  #held: HeldToken | undefined;
  /** The longest that a token had left when it was given. */
  #longestMs: Duration = 0;
  #asking: Promise<void> | undefined;
  #timer: TimerHandle | undefined;
  #failures = 0;
  #failure: TashikaError | undefined;
  #stopped = false;

  /** @param ask asks Azure's endpoint; never rejects */
  constructor(options: HubIdentityOptions, ask: typeof askForIdentityToken = askForIdentityToken) {
    this.#askEndpoint = ask;
    const { clientId, env, random = Math.random } = options;
    const { IDENTITY_ENDPOINT: url, IDENTITY_HEADER: header } = env;
    this.#options = options;
    this.#random = random;
    this.#question = {
      resource: EVENT_HUBS,
      ...(clientId !== undefined && { clientId }),
      ...(url && header && { endpoint: { url, header } }),
    };
  }

  /** The identity, as a sentence names it. */
  get name(): string {
    const { clientId } = this.#question;
    return clientId === undefined
      ? 'the system-assigned managed identity of this program'
      : `the managed identity with client id ${clientId}`;
  }

  /**
   * The token in use; asks for one where there is none. After a failure the endpoint is left alone for a while, and the
   * same is thrown again.
   *
   * The SDK puts a link's token anew at the interval to the expiry that it was told when it opened the link, less two
   * minutes, and keeps to that interval for the life of the link, whatever later tokens say; told less than two minutes,
   * it does so without a pause. So it is told when to come again, not when the token ends.
   *
   * @throws TashikaError EVENT_HUBS_UNAUTHORIZED where Azure refuses, EVENT_HUBS_UNREACHABLE where it does not answer
   */
  async getToken(): Promise<HubToken> {
    if (!this.#current()) {
      if (this.#failure && !this.#asking) throw this.#failure;
      await this.#ask();
    }
    const held = this.#current();
    if (!held) throw this.#failure ?? new TashikaError('EVENT_HUBS_UNREACHABLE', 'The program is stopping.');
    return { token: held.token, expiresOnTimestamp: this.#options.clock.now() + SDK_MARGIN_MS + this.#renewalMs() };
  }

  /** Asks no more. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #current(): HeldToken | undefined {
    return this.#held && this.#held.expiresAt > this.#options.clock.now() ? this.#held : undefined;
  }

  /** Well within the half of its life that a token has left at least when another one takes its place. */
  #renewalMs(): Duration {
    return Math.min(LONGEST_RENEWAL_MS, Math.max(SHORTEST_MS, this.#longestMs / 4));
  }

  /** Never rejects. */
  #ask(): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    this.#timer?.cancel();
    this.#asking ??= this.#askEndpoint(this.#question, this.#options.clock)
      .then((answer) => this.#answered(answer))
      .finally(() => {
        this.#asking = undefined;
      });
    return this.#asking;
  }

  #answered(answer: IdentityAnswer): void {
    const { clock, logger } = this.#options;
    const leftMs = answer.kind === 'token' && answer.expiresAt !== undefined ? answer.expiresAt - clock.now() : 0;
    if (answer.kind !== 'token' || leftMs <= 0) {
      this.#failed(answer);
      return;
    }
    if (this.#failure) logger.info({ failures: this.#failures }, 'Azure gives tokens for Event Hubs again');
    this.#failures = 0;
    this.#failure = undefined;
    this.#held = { token: answer.token, expiresAt: answer.expiresAt! };
    this.#longestMs = Math.max(this.#longestMs, leftMs);
    this.#askAfter(Math.max(SHORTEST_MS, (leftMs / 2) * (1 - this.#random() / 10)));
  }

  #failed(answer: IdentityAnswer): void {
    const { logger } = this.#options;
    const failure = this.#failureOf(answer);
    this.#failures++;
    if (this.#failure?.message !== failure.message) {
      const held = this.#current();
      logger.warn(
        { code: failure.code, error: messageOf(failure), ...(held && { goodUntil: new Date(held.expiresAt) }) },
        held
          ? 'Azure gives no new token for Event Hubs; the one in use serves until its end'
          : 'Azure gives no token for Event Hubs',
      );
    }
    this.#failure = failure;
    this.#askAfter(backoffMs(this.#failures, this.#random()));
  }

  #failureOf(answer: IdentityAnswer): TashikaError {
    const { clientId, endpoint } = this.#question;
    if (answer.kind === 'token')
      return new TashikaError(
        'EVENT_HUBS_UNREACHABLE',
        `Azure's endpoint for managed identities gave a token that has ended, or without its end (expires_on): see that the clock of this machine is right.`,
      );
    if (answer.kind === 'unavailable') {
      const asked = endpoint
        ? ''
        : ' IDENTITY_ENDPOINT and IDENTITY_HEADER are not both set, so the metadata service of a virtual machine is asked: eventHubs.auth managed-identity works in Azure only.';
      return new TashikaError(
        'EVENT_HUBS_UNREACHABLE',
        `${answer.place} ${answer.reason}. It is asked again; without its token Event Hubs can't be read.${asked}`,
      );
    }
    const said = answer.reason === '' ? '' : `: ${answer.reason}`;
    const remedy =
      clientId === undefined
        ? 'assign one to it, or name a user-assigned one by eventHubs.azureClientId'
        : 'assign that identity to it, or correct eventHubs.azureClientId';
    return new TashikaError(
      'EVENT_HUBS_UNAUTHORIZED',
      `${answer.place} has no token for ${this.name} (status ${answer.status}${said}). See that it is assigned to the program: ${remedy}.`,
    );
  }

  #askAfter(delayMs: Duration): void {
    this.#timer?.cancel();
    if (!this.#stopped) this.#timer = this.#options.clock.after(delayMs, () => void this.#ask());
  }
}
