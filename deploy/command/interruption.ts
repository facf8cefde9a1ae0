import { setMaxListeners } from 'node:events';
import { constants } from 'node:os';
import { TashikaError } from '@tashika/shared/errors';
import type { Clock, Duration } from '@tashika/shared/time';

/** A second signal stops at once; one that follows this soon is the same Ctrl-C, handed on by npm as well. */
const SAME_SIGNAL_MS: Duration = 500;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

type Signal = (typeof SIGNALS)[number];

/** What an interruption has of the process. */
export interface SignalledProcess {
  on(signal: Signal, heed: () => void): unknown;
  off(signal: Signal, heed: () => void): unknown;
  exit(code: number): never;
}

/** Turns signals into one abort: the first asks the work to stop, a second one ends the process. */
export class Interruption {
  readonly #aborter = new AbortController();
  readonly #process: SignalledProcess;
  readonly #clock: Clock;
  readonly #heeds: readonly (readonly [Signal, () => void])[];
  #first: { readonly signal: Signal; readonly at: Duration } | undefined;

  constructor(process: SignalledProcess, clock: Clock) {
    this.#process = process;
    this.#clock = clock;
    // A command may wait for many things at once, each of which ends with the signal.
    setMaxListeners(0, this.#aborter.signal);
    this.#heeds = SIGNALS.map((signal) => [signal, () => this.#heed(signal)] as const);
    for (const [signal, heed] of this.#heeds) process.on(signal, heed);
  }

  /** Aborted by the first signal, with an `INTERRUPTED` error as its reason. */
  get signal(): AbortSignal {
    return this.#aborter.signal;
  }

  /** 128 and the signal's number, as shells have it; undefined while there was none. */
  get exitCode(): number | undefined {
    return this.#first && exitCodeOfSignal(this.#first.signal);
  }

  /** Heeds signals no longer. */
  end(): void {
    for (const [signal, heed] of this.#heeds) this.#process.off(signal, heed);
  }

  #heed(signal: Signal): void {
    if (!this.#first) {
      this.#first = { signal, at: this.#clock.monotonic() };
      this.#aborter.abort(new TashikaError('INTERRUPTED', `Stopped by ${signal}. It can be run again.`));
    } else if (this.#clock.monotonic() - this.#first.at > SAME_SIGNAL_MS) {
      this.#process.exit(exitCodeOfSignal(this.#first.signal));
    }
  }
}

/** 128 and the number of the signal. */
export function exitCodeOfSignal(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}
