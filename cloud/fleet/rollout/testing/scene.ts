import type { Duration, Timestamp } from '@tashika/shared/time';
import type { AuditEntry } from '../../audit.ts';
import type { Verdict } from '../../gate/index.ts';
import type { Reason } from '../../reason/index.ts';
import type { GateLook } from '../gate.ts';
import { type Order, obey } from '../orders.ts';
import { type ActionFact, type DeviceStanding, isStep, type Standing, type Step } from '../standing.ts';
import type { RolloutState } from '../states.ts';
import { step, stepAfterwards } from '../step.ts';
import { samplePlan } from './sample-plan.ts';

const OLD = '1.4.0';
export const NEW = '1.5.0';
const MINUTE: Duration = 60_000;

export const GOOD: Verdict = { verdict: 'good' };
export const UNJUDGEABLE: Verdict = { verdict: 'unjudgeable', reason: 'region 13 is silent', regions: ['13'] };
export const BAD: Verdict = { verdict: 'bad', signal: 'silence', reason: 'devices fall silent.', devices: ['d0'] };

/** A rollout and its devices in memory, for tests of the core: what a step asks for is done here, as the rows would. */
export class Scene {
  now: Timestamp = Date.UTC(2026, 5, 1);
  rollout: Standing & { readonly createdBy: string };
  devices: DeviceStanding[];
  readonly log: AuditEntry[] = [];
  readonly steps: Step[] = [];
  revoked: string | null = null;
  offerable = new Set([OLD, NEW]);
  #actions = 0;

  constructor(sizes: readonly number[], plan: Parameters<typeof samplePlan>[0] = {}, state: RolloutState = 'running') {
    const waves = sizes.map((_, index) => ({
      devices: sizes.slice(0, index + 1).reduce((sum, size) => sum + size, 0),
    }));
    this.rollout = {
      id: 'r',
      image: `agent/${NEW}`,
      version: NEW,
      plan: samplePlan({ id: 'r', waves, soakMinutes: 30, deviceTimeoutMinutes: 60, ...plan }),
      state,
      wave: state === 'running' ? 1 : 0,
      waveSince: null,
      reason: null,
      why: null,
      since: this.now,
      pausedBy: null,
      verdict: null,
      failing: null,
      endedAt: null,
      createdBy: 'Aiko',
    };
    this.devices = sizes.flatMap((size, wave) =>
      Array.from({ length: size }, () => ({
        controllerId: '',
        wave: wave + 1,
        region: '13',
        board: 'pi-4',
        state: 'waiting' as const,
        since: this.now,
        previousVersion: OLD,
        updatedAt: null,
        detail: null,
        why: null,
        action: null,
        hasSim: true,
        told: { version: OLD, at: this.now },
      })),
    );
    this.devices = this.devices.map((device, index) => ({ ...device, controllerId: `d${index}` }));
  }

  /** Takes a step, `minutes` after the one before. */
  tick(minutes = 1, verdict?: Verdict): Step {
    this.now += minutes * MINUTE;
    const look: GateLook | undefined = verdict && { round: 1, at: this.now, verdict, signals: [], state: {} };
    const { devices, revoked, offerable } = this;
    return this.#take(step(this.rollout, { devices, revoked, offerable, look }, this.now));
  }

  /** What a look at it comes to once it has ended. */
  afterwards(): Step {
    return this.#take(stepAfterwards(this.rollout, this, this.now));
  }

  order(order: Order['order'], by = 'Bunta', parts: Partial<Order> = {}): Step {
    return this.#take(obey(this.rollout, { order, by, ...parts }, this.devices, this.now));
  }

  device(id: string): DeviceStanding {
    return this.devices.find(({ controllerId }) => controllerId === id)!;
  }

  states(): string {
    return this.devices.map(({ state }) => state).join(' ');
  }

  /** Its readings tell `version` from now on. */
  tells(id: string, version = NEW, at = this.now): void {
    this.#change(id, { hasSim: true, told: { version, at } });
  }

  /** Its SIM is in another device from now on. */
  losesSim(id: string): void {
    this.#change(id, { hasSim: false, told: null });
  }

  /** Its updater says something of the open action. */
  says(id: string, parts: Partial<ActionFact>): void {
    const { action } = this.device(id);
    if (!action) return;
    const insists = action.insists || parts.progress === 'rejected';
    this.#change(id, { action: { ...action, fetchedAt: action.fetchedAt ?? this.now, insists, ...parts } });
  }

  /** Its updater is done with the open action. */
  ends(id: string, outcome: ActionFact['outcome'], detail: string | null = null): void {
    this.says(id, { state: 'closed', outcome, detail, progress: 'closed' });
  }

  /** The server closes its open action by itself. */
  isGivenUp(id: string, givenUp: Reason): void {
    const { action } = this.device(id);
    if (action) this.#change(id, { action: { ...action, state: 'closed', outcome: 'failure', givenUp } });
  }

  /** All that were offered it have it, and tell so. */
  updateAll(): void {
    for (const { controllerId, state } of this.devices)
      if (state === 'offered') {
        this.ends(controllerId, 'success');
        this.tells(controllerId);
      }
  }

  #take(taken: Step): Step {
    if (!isStep(taken, this.rollout)) return taken;
    this.steps.push(taken);
    this.log.push(...taken.entries);
    this.rollout = { ...this.rollout, ...taken.standing };
    for (const { controllerId, to, ...parts } of taken.changes)
      this.#change(controllerId, { state: to, since: this.now, ...parts });
    for (const id of taken.cancels) {
      const { action } = this.device(id);
      if (action?.state !== 'open') continue;
      if (action.fetchedAt === null) this.#change(id, { action: { ...action, state: 'closed', outcome: 'cancelled' } });
      else this.#change(id, { action: { ...action, state: 'canceling' } });
    }
    for (const { controllerId, purpose } of taken.offers) {
      const action: ActionFact = {
        id: ++this.#actions,
        purpose,
        state: 'open',
        outcome: null,
        progress: null,
        detail: null,
        givenUp: null,
        rebooted: false,
        insists: false,
        createdAt: this.now,
        fetchedAt: null,
      };
      this.#change(controllerId, { action });
    }
    return taken;
  }

  #change(id: string, parts: Partial<DeviceStanding>): void {
    this.devices = this.devices.map((device) => (device.controllerId === id ? { ...device, ...parts } : device));
  }
}
