import { messageOf } from '@tashika/shared/errors';
import type { Duration } from '@tashika/shared/time';
import type { Installer } from './installer.ts';
import type { KeptState } from './kept-state.ts';
import { momentNow, type UpdaterParts } from './parts.ts';
import type { Stage, Work } from './state.ts';
import type { Telling } from './telling.ts';

/** A start of what waits for its trial is given so long before it is asked for again. */
const START_AGAIN_AFTER: Duration = 120_000;

type Parts = Pick<UpdaterParts, 'settings' | 'device' | 'clock' | 'logger'>;

/** An image on trial, to its confirmation or to the fall back. */
export class Trying {
  readonly #parts: Parts;
  readonly #kept: KeptState;
  readonly #telling: Telling;
  #trialStartedAt: Duration | undefined;

  constructor(parts: Parts, kept: KeptState, telling: Telling) {
    this.#parts = parts;
    this.#kept = kept;
    this.#telling = telling;
  }

  /** Starts what waits for its trial, and sees what became of it; resolves with how long to wait before the next look. */
  async look({ deployment }: Work, installer: Installer, stop: AbortSignal): Promise<Duration> {
    const { clock, device, logger, settings } = this.#parts;
    const stage = this.#kept.state.work?.stage;
    if (stage?.at !== 'trial' && stage?.at !== 'falling-back') return 0;
    let slots = await installer.slots(stop);
    if (stage.at === 'trial' && slots.trial === stage.slot && slots.current !== stage.slot && slots.triesLeft > 0) {
      const now = clock.monotonic();
      if (this.#trialStartedAt === undefined || now - this.#trialStartedAt >= START_AGAIN_AFTER) {
        this.#trialStartedAt = now;
        // What the server is to know has to be told first: the machine may be gone in a moment.
        await this.#telling.tell(stop);
        await installer
          .startTrial(stop)
          .catch((err) => logger.error({ err }, 'what waits for its trial could not be started'));
        slots = await installer.slots(stop);
      }
    }
    const now = momentNow(this.#parts);
    const proof = await device.proofOf(deployment, stage);
    await this.#kept.apply({ fact: 'looked', look: { now, slots, starts: await device.starts(), proof } });
    const at = this.#kept.state.work?.stage.at;
    if (at !== 'trial') this.#trialStartedAt = undefined;
    return at === 'trial' || at === 'falling-back' ? settings.lookMs : 0;
  }

  /** Has the next start take the slot, too. */
  async confirm({ stage }: Work, installer: Installer, stop: AbortSignal): Promise<Duration> {
    const slot = slotOf(stage);
    try {
      await installer.confirm(slot, stop);
      // A slot that is no longer on trial has nothing to confirm; what counts is which one the next start takes.
      const { primary } = await installer.slots(stop);
      if (primary !== slot) throw new Error(`the next start would take slot ${primary ?? 'none'}.`);
    } catch (error) {
      if (stop.aborted) return 0;
      await this.#kept.apply({ fact: 'not-confirmed', reason: messageOf(error) });
      return this.#parts.settings.lookMs;
    }
    await this.#kept.apply({ fact: 'confirmed' });
    return 0;
  }

  /** Gives the slot up. */
  async fallBack(work: Work, installer: Installer, stop: AbortSignal): Promise<Duration> {
    await installer.fallBack(slotOf(work.stage), stop);
    return this.look(work, installer, stop);
  }
}

function slotOf(stage: Stage): string {
  if ('slot' in stage) return stage.slot;
  throw new TypeError(`Nothing is in a slot while it is ${stage.at}.`);
}
