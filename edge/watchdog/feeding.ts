import type { Clock, TimerHandle } from '@tashika/shared/time';
import type { Logger } from 'pino';
import type { ServiceManager } from './systemd.ts';

/** What a look at the agent comes to. */
export interface Look {
  /** Why it does not get on; undefined while it does. */
  readonly stall: string | undefined;
  /** A line for a person. */
  readonly status: string;
}

export interface FeedingOptions {
  readonly manager: ServiceManager;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Looks at the agent; undefined while there is none, which feeds nothing. */
  readonly look: () => Look | undefined;
}

/**
 * Feeds the service manager's watchdog for as long as the agent gets on with its work. A timer alone proves nothing but
 * that timers fire: an agent that is stuck is fed no more, and is started again by the manager.
 */
export class Feeding {
  readonly #options: FeedingOptions;
  #timer: TimerHandle | undefined;
  #told: string | undefined;
  #stopped = false;

  constructor(options: FeedingOptions) {
    this.#options = options;
  }

  /** Idempotent. */
  start(): void {
    if (!this.#timer) this.#wait();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #wait(): void {
    const { manager, clock } = this.#options;
    if (manager.feedEvery === undefined || this.#stopped) return;
    this.#timer = clock.after(manager.feedEvery, () => {
      void this.#feed().then(() => this.#wait());
    });
  }

  async #feed(): Promise<void> {
    const { manager, look, logger } = this.#options;
    const seen = look();
    if (!seen) return;
    const { stall, status } = seen;
    if (stall !== undefined) {
      if (this.#told === undefined) logger.error({ stall }, 'the agent does not get on; the watchdog is not fed');
      this.#told = stall;
      await manager.tell(`STATUS=${stall}`);
      return;
    }
    if (this.#told !== undefined) logger.warn('the agent gets on again');
    this.#told = undefined;
    const trouble = await manager.tell('WATCHDOG=1', `STATUS=${status}`);
    if (trouble !== undefined) logger.warn({ trouble }, 'the watchdog can not be fed');
  }
}
