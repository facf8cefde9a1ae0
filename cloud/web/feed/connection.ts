import type { Clock, Duration, TimerHandle } from '@tashika/shared/time';

/** What an open event stream reports. `onFault(true)`: it has given up and will not come back by itself. */
export interface StreamHandlers {
  onOpen(): void;
  onMessage(kind: MessageKind, data: string): void;
  onFault(gaveUp: boolean): void;
}

export type MessageKind = 'snapshot' | 'delta';

/** Opens the live feed; the answer closes it. */
export type OpenStream = (handlers: StreamHandlers) => { close(): void };

export type ConnectionStatus =
  | { readonly phase: 'connecting' }
  | { readonly phase: 'live' }
  /** `retryAt` on the monotonic clock; null while an attempt is under way. */
  | { readonly phase: 'lost'; readonly retryAt: Duration | null };

const LIVE: ConnectionStatus = { phase: 'live' };

/** The feed speaks every two seconds: after this long without a word the connection is taken for dead. */
const SILENCE_LIMIT: Duration = 12_000;
const FIRST_DELAY: Duration = 500;
const LONGEST_DELAY: Duration = 15_000;

/**
 * Keeps the live feed open. The browser's own reconnect resumes by Last-Event-ID and is left to work; where it
 * gives up, or nothing is heard although the connection looks open, a new stream is opened after a growing,
 * jittered delay, and the server starts it with a snapshot.
 */
export class LiveConnection {
  readonly #open: OpenStream;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #onMessage: (kind: MessageKind, data: string) => boolean;
  readonly #onStatus: (status: ConnectionStatus) => void;
  #stream: { close(): void } | null = null;
  #timer: TimerHandle | null = null;
  #failures = 0;
  #wasLost = false;

  /** `onMessage` answers false when it cannot use the message; a fresh stream is opened then. */
  constructor(options: {
    readonly open: OpenStream;
    readonly clock: Clock;
    readonly random: () => number;
    readonly onMessage: (kind: MessageKind, data: string) => boolean;
    readonly onStatus: (status: ConnectionStatus) => void;
  }) {
    this.#open = options.open;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#onMessage = options.onMessage;
    this.#onStatus = options.onStatus;
  }

  start(): void {
    this.#wasLost = false;
    this.#failures = 0;
    this.#connect();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#stream?.close();
    this.#stream = null;
  }

  /** Tries at once instead of waiting for the delay: the network or the page has just come back. */
  retryNow(): void {
    this.#failures = 0;
    this.#connect();
  }

  #connect(): void {
    this.stop();
    this.#onStatus(this.#wasLost ? { phase: 'lost', retryAt: null } : { phase: 'connecting' });
    this.#watchForSilence();
    let current = true;
    const stream = this.#open({
      onOpen: () => current && this.#watchForSilence(),
      onMessage: (kind, data) => {
        if (!current) return;
        this.#watchForSilence();
        if (!this.#onMessage(kind, data)) return this.#retryLater();
        this.#failures = 0;
        this.#wasLost = false;
        this.#onStatus(LIVE);
      },
      onFault: (gaveUp) => {
        if (!current) return;
        this.#wasLost = true;
        if (gaveUp) this.#retryLater();
        else this.#onStatus({ phase: 'lost', retryAt: null });
      },
    });
    this.#stream = {
      close: () => {
        current = false;
        stream.close();
      },
    };
  }

  #watchForSilence(): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.after(SILENCE_LIMIT, () => this.#retryLater());
  }

  #retryLater(): void {
    this.stop();
    this.#wasLost = true;
    const longest = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this.#failures);
    const delay = longest * (0.5 + 0.5 * this.#random());
    this.#failures += 1;
    this.#onStatus({ phase: 'lost', retryAt: this.#clock.monotonic() + delay });
    this.#timer = this.#clock.after(delay, () => this.#connect());
  }
}
