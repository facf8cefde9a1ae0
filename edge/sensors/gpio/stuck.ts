import type { Clock, Duration, TimerHandle } from '@tashika/shared/time';
import type { DeviceSession } from '../driver.ts';

/** Notices a line that was expected to change and does not: a torn wire, a meter that stands still. */
export class StuckLine {
  readonly #name: string;
  readonly #stuckMs: Duration | undefined;
  readonly #clock: Clock;
  #session: DeviceSession | undefined;
  #movedAt: Duration = 0;
  #stuck = false;
  #timer: TimerHandle | undefined;

  /** @param stuckMs how long the line may stand still; undefined: for ever */
  constructor(name: string, stuckMs: Duration | undefined, clock: Clock) {
    this.#name = name;
    this.#stuckMs = stuckMs;
    this.#clock = clock;
  }

  /** The line is watched from now on. */
  start(session: DeviceSession): void {
    this.stop();
    this.#session = session;
    this.#movedAt = this.#clock.monotonic();
    this.#tell();
    if (this.#stuckMs !== undefined && !this.#stuck) this.#look(this.#stuckMs);
  }

  /** The line has changed. */
  moved(): void {
    this.#movedAt = this.#clock.monotonic();
    if (!this.#stuck) return;
    this.#turn(false);
    if (this.#stuckMs !== undefined) this.#look(this.#stuckMs);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#session = undefined;
  }

  /** One timer for any number of changes: it is set again for what is left when it fires. */
  #look(afterMs: Duration): void {
    this.#timer = this.#clock.after(afterMs, () => {
      const restMs = this.#movedAt + this.#stuckMs! - this.#clock.monotonic();
      if (restMs > 0) this.#look(restMs);
      else this.#turn(true);
    });
  }

  #turn(stuck: boolean): void {
    this.#stuck = stuck;
    this.#session?.measured({ sensor: `${this.#name}/stuck`, value: stuck });
    this.#tell();
  }

  #tell(): void {
    const seconds = (this.#stuckMs ?? 0) / 1_000;
    this.#session?.running(
      this.#stuck ? `The line has not changed for ${seconds} s, in which it was expected to.` : undefined,
    );
  }
}
