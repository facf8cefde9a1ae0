import { messageOf } from '@tashika/shared/errors';
import type { Bundles } from './bundles.ts';
import type { Wait } from './courtesy.ts';
import type { Deployment } from './deployment.ts';
import type { Installer, Slots } from './installer.ts';
import type { KeptState } from './kept-state.ts';
import { momentNow, type UpdaterParts } from './parts.ts';
import type { Work } from './state.ts';
import type { Waiting } from './waiting.ts';

/** From a bundle that is here to an image in a slot. */
export class Installing {
  readonly #parts: Pick<UpdaterParts, 'settings' | 'device' | 'clock'>;
  readonly #kept: KeptState;
  readonly #bundles: Bundles;
  readonly #waiting: Waiting;

  constructor(
    parts: Pick<UpdaterParts, 'settings' | 'device' | 'clock'>,
    kept: KeptState,
    bundles: Bundles,
    waiting: Waiting,
  ) {
    this.#parts = parts;
    this.#kept = kept;
    this.#bundles = bundles;
    this.#waiting = waiting;
  }

  /** Looks whether what was downloaded is what this device may run. */
  async verify(deployment: Deployment, installer: Installer, stop: AbortSignal): Promise<void> {
    const bundle = await this.#bundles.whole(deployment);
    if (bundle === undefined) return this.#kept.apply({ fact: 'spoiled' });
    const reason = await this.#flaw(deployment, bundle, installer, stop);
    if (stop.aborted) return;
    await this.#kept.apply(reason === undefined ? { fact: 'verified' } : { fact: 'refused', reason });
  }

  /** How long a new image has to wait before it is written into a slot and tried. */
  async before(installer: Installer, stop: AbortSignal): Promise<Wait> {
    const { settings } = this.#parts;
    const wait = await this.#waiting.beforeTrial();
    if (wait) return wait;
    const slots = await installer.slots(stop).catch(() => undefined); // what is wrong with them the installation tells
    if (slots?.trial === undefined || slots.trial !== slots.current) return undefined;
    return {
      waitMs: settings.lookMs,
      why: `slot ${slots.trial} is on trial, and the one that it would fall back to must not be written over`,
    };
  }

  /** Writes the image into its slot. */
  async install({ deployment, stage }: Work, installer: Installer, stop: AbortSignal): Promise<void> {
    const { device } = this.#parts;
    const wasCutOff = stage.at === 'installing';
    const bundle = wasCutOff ? (await this.#bundles.of(deployment)).path : await this.#bundles.whole(deployment);
    if (bundle === undefined) return this.#kept.apply({ fact: 'spoiled' });
    // What somebody else has put there is written over; so what waits after a kill is this one's.
    const before = wasCutOff ? undefined : await this.#dropWaiting(installer, stop);
    await this.#kept.apply({ fact: 'installing', fellBackBefore: !before || before.fellBackFrom !== undefined });
    const { work } = this.#kept.state;
    if (work?.stage.at !== 'installing') return;
    let slot: string | undefined;
    let found = false;
    try {
      // RAUC has a slot wait for its trial once all of it is written. Where the machine started anew, it is on trial by now,
      // or was, and an image is not tried twice.
      const slots = wasCutOff ? await installer.slots(stop) : undefined;
      slot = slots?.trial ?? (work.stage.fellBackBefore === false ? slots?.fellBackFrom : undefined);
      found = slot !== undefined;
      slot ??= await installer.install(bundle, stop);
    } catch (error) {
      if (!stop.aborted) await this.#kept.apply({ fact: 'not-installed', reason: messageOf(error) });
      return;
    }
    await this.#kept.apply({
      fact: 'installed',
      slot,
      now: momentNow(this.#parts),
      starts: await device.starts(),
      found,
    });
    await this.#bundles.removeAll(); // the slot has it
  }

  async #flaw(
    { kind, version }: Deployment,
    bundle: string,
    installer: Installer,
    stop: AbortSignal,
  ): Promise<string | undefined> {
    try {
      const board = await installer.board();
      if (board === undefined) return `this device has no slots for the ${kind} (update.${kind}.rauc).`;
      const info = await installer.verify(bundle, stop);
      if (info.compatible !== board) return `it is for the board ${info.compatible}, and this is ${board}.`;
      return info.version === version ? undefined : `it is version ${info.version}, and not ${version}.`;
    } catch (error) {
      return messageOf(error);
    }
  }

  /** Resolves with what the slots said before; undefined where they could not be asked. */
  async #dropWaiting(installer: Installer, stop: AbortSignal): Promise<Slots | undefined> {
    const slots = await installer.slots(stop).catch(() => undefined);
    if (slots?.trial !== undefined) await installer.fallBack(slots.trial, stop).catch(() => undefined);
    return slots;
  }
}
