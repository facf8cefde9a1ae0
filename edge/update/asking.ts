import { isTashikaError } from '@tashika/shared/errors';
import type { Duration } from '@tashika/shared/time';
import { isReversible } from './command.ts';
import { pollsApart } from './courtesy.ts';
import { waitAskedBy } from './ddi.ts';
import type { Offer } from './deployment.ts';
import { hashOfAttributes } from './device.ts';
import type { Fact } from './fact.ts';
import type { KeptState } from './kept-state.ts';
import { momentNow, newDelays, RETRY, type UpdaterParts } from './parts.ts';

/** A poll is at its own moment, a tenth around what the server says: it says the same to many. */
const JITTER = 0.1;
/** The power comes back for many at one moment: the first poll is at any moment of so long. */
const MOST_FIRST_WAIT: Duration = 60_000;

/** Asks the server what it wants, at the pace that it asks for. */
export class Asking {
  readonly #parts: UpdaterParts;
  readonly #kept: KeptState;
  #told = false;
  #pollAt: Duration;
  #pollDelays: Generator<Duration, never>;

  constructor(parts: UpdaterParts, kept: KeptState) {
    this.#parts = parts;
    this.#kept = kept;
    this.#pollAt = parts.clock.monotonic();
    this.#pollDelays = newDelays(parts);
  }

  /** When to ask, on the clock of the boot. */
  get dueAt(): Duration {
    return this.#pollAt;
  }

  /** Whether the server has said what it wants, since the start. */
  get told(): boolean {
    return this.#told;
  }

  /** Before the first question of a process that goes on asking. */
  waitForOwnMoment(): void {
    const { random, settings } = this.#parts;
    this.#pollAt += random() * Math.min(settings.pollMs, MOST_FIRST_WAIT);
  }

  /** Asks now; resolves with whether the server was reached. */
  async ask(stop: AbortSignal): Promise<boolean> {
    const { client, clock, random, logger, settings } = this.#parts;
    try {
      const base = await client.poll(stop);
      const apartMs = Math.max(base.sleepMs, pollsApart(await this.#parts.dayBytes?.spent()));
      this.#pollAt = clock.monotonic() + apartMs * (1 + JITTER * (2 * random() - 1));
      await this.#tellAttributes(base.configData !== undefined, stop);
      if (base.cancelAction !== undefined) {
        await this.#kept.apply({ fact: 'cancel-asked', ...(await client.cancel(base.cancelAction, stop)) });
      } else if (base.deploymentBase === undefined) await this.#kept.apply({ fact: 'nothing-offered' });
      else if (!this.#kept.state.work || isReversible(this.#kept.state.work)) {
        const offer = await client.deployment(base.deploymentBase, stop);
        await this.#kept.apply({ fact: 'offered', offer, ...(await this.#runningNow(offer, stop)) });
      }
      this.#pollDelays = newDelays(this.#parts);
      this.#told = true;
      return true;
    } catch (error) {
      if (stop.aborted) return true;
      if (!isTashikaError(error)) throw error;
      const waitMs = Math.max(
        this.#pollDelays.next().value,
        waitAskedBy(error),
        Math.min(settings.pollMs, RETRY.firstMs),
      );
      this.#pollAt = clock.monotonic() + waitMs;
      logger.warn({ code: error.code, reason: error.message, waitMs }, 'the update server was asked in vain');
      return false;
    }
  }

  /** What runs here already of the kind that is offered, and what the slots say where that is the very image. */
  async #runningNow(
    offer: Offer,
    stop: AbortSignal,
  ): Promise<Pick<Extract<Fact, { fact: 'offered' }>, 'running' | 'here'>> {
    if (!offer.ok) return { running: undefined };
    const { device, installers } = this.#parts;
    const { id, kind, version } = offer.deployment;
    const running = await device.running(kind);
    const isNew = id !== this.#kept.state.work?.deployment.id && id !== this.#kept.state.last?.id;
    if (running !== version || !isNew || (await installers[kind].board()) === undefined) return { running };
    const slots = await installers[kind].slots(stop);
    return { running, here: { now: momentNow(this.#parts), slots, starts: await device.starts() } };
  }

  /** A server that takes no word of the device may have an update for it all the same. */
  async #tellAttributes(asked: boolean, stop: AbortSignal): Promise<void> {
    const { client, device, installers, logger } = this.#parts;
    const attributes = await device.attributes(installers);
    const hash = hashOfAttributes(attributes);
    if (!asked && hash === this.#kept.state.attributes) return;
    // An agent that has yet to start tells its version in a moment; the server keeps what it was told of it.
    if (!asked && attributes.agentVersion === undefined && this.#kept.state.attributes !== undefined) return;
    try {
      await client.tellAttributes(attributes, stop);
    } catch (error) {
      if (!isTashikaError(error, 'UPDATE_SERVER_REFUSED')) throw error;
      logger.warn({ reason: error.message }, 'the update server takes no word of what this device is');
      return;
    }
    await this.#kept.apply({ fact: 'attributes-told', hash });
  }
}
