import type { Timestamp } from '@tashika/shared/time';
import type { AuditEntry } from '../audit.ts';
import { type Reason, sentenceOf, told } from '../reason/index.ts';
import type { DeviceChange, DeviceStanding, Facts, Offer, Standing, Step } from './standing.ts';
import type { DeviceState } from './states.ts';

/** Who moves a device, as the record names it. */
export type Mover = 'device' | 'rollout' | 'gate' | { readonly person: string };

/** A step while it is being taken: the rollout and its devices as they stand so far, and each move on record. */
export class Stepping {
  readonly now: Timestamp;
  #standing: Standing;
  readonly #devices: Map<string, DeviceStanding>;
  readonly #changes = new Map<string, DeviceChange>();
  readonly #offers = new Map<string, Offer>();
  readonly #cancels = new Set<string>();
  readonly #entries: AuditEntry[] = [];

  constructor(standing: Standing, { devices }: Pick<Facts, 'devices'>, now: Timestamp) {
    this.now = now;
    this.#standing = standing;
    this.#devices = new Map(devices.map((device) => [device.controllerId, device]));
  }

  get rollout(): Standing {
    return this.#standing;
  }

  get devices(): readonly DeviceStanding[] {
    return [...this.#devices.values()];
  }

  in(...states: readonly DeviceState[]): readonly DeviceStanding[] {
    return this.devices.filter(({ state }) => states.includes(state));
  }

  /** Notes what is no move of the rollout's state. */
  note(parts: Partial<Standing>): void {
    this.#standing = { ...this.#standing, ...parts };
  }

  /** Moves the rollout to a state, with its reason. */
  enter(state: Standing['state'], why: Reason, by: Mover, parts: Partial<Standing> = {}): void {
    const { state: from } = this.#standing;
    this.#standing = { ...this.#standing, pausedBy: null, ...parts, state, ...told(why), since: this.now };
    this.tell(state, why, by, from, state);
  }

  /** Puts on record what happened to the rollout. */
  tell(event: string, why: Reason, by: Mover, from: string | null = null, to: string | null = null): void {
    const { id } = this.#standing;
    this.#entries.push({
      at: this.now,
      actor: actorOf(by, id),
      subject: `rollout:${id}`,
      rolloutId: id,
      event,
      from,
      to,
      ...told(why),
    });
  }

  /** Moves a device to a state, with its reason; what is `kept` stays with the device. */
  move(device: DeviceStanding, to: DeviceState, why: Reason, by: Mover, kept: Reason | null = null): void {
    const { controllerId, state: from } = device;
    const detail = kept && sentenceOf(kept);
    const updatedAt =
      to === 'updated' || (to === 'leaving' && device.updatedAt === null)
        ? Math.min(device.told?.at ?? this.now, this.now)
        : device.updatedAt;
    this.#devices.set(controllerId, { ...device, state: to, since: this.now, detail, why: kept, updatedAt });
    this.#changes.set(controllerId, { controllerId, to, detail, why: kept, updatedAt });
    this.#entries.push({
      at: this.now,
      actor: actorOf(by, controllerId),
      subject: `device:${controllerId}`,
      rolloutId: this.#standing.id,
      event: to,
      from,
      to,
      ...told(why),
    });
  }

  /** What it is offered takes the place of what was open. */
  offer({ controllerId }: DeviceStanding, purpose: Offer['purpose'], version: string): void {
    this.#offers.set(controllerId, { controllerId, purpose, version });
    this.#cancels.delete(controllerId);
  }

  cancel({ controllerId }: DeviceStanding): void {
    if (!this.#offers.has(controllerId)) this.#cancels.add(controllerId);
  }

  done(): Step {
    return {
      standing: this.#standing,
      changes: [...this.#changes.values()],
      offers: [...this.#offers.values()],
      cancels: [...this.#cancels],
      entries: this.#entries,
    };
  }
}

function actorOf(by: Mover, controllerId: string): string {
  if (typeof by === 'object') return by.person;
  return by === 'device' ? `device:${controllerId}` : by;
}
