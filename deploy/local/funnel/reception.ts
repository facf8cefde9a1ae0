import type { SourceProtocol } from '@tashika/shared/funnel';
import type { Clock } from '@tashika/shared/time';
import { type Sim, simOf } from '../sims/index.ts';
import type { Refusal } from './answers.ts';
import { eventOf } from './event.ts';
import type { FunnelGroup } from './group.ts';
import type { FunnelStats } from './stats.ts';

/** A SIM that may post, with its group. */
export interface Admitted {
  readonly sim: Sim;
  readonly group: FunnelGroup;
}

export interface ReceptionOptions {
  readonly clock: Clock;
  readonly groupOf: (sim: Sim) => FunnelGroup | undefined;
  readonly stats: FunnelStats;
  readonly deliver: (admitted: Admitted, event: Buffer) => Promise<boolean>;
  readonly onTaken: (sim: Sim) => void;
}

/** What every entry point does with a post, whichever protocol it came by. */
export class Reception {
  readonly #options: ReceptionOptions;

  constructor(options: ReceptionOptions) {
    this.#options = options;
  }

  /** Who speaks from `address`, or the refusal for a SIM without a group (or no SIM at all), or whose group has Funnel off. */
  admit(address: string | undefined): Admitted | { readonly refusal: Refusal } {
    const sim = simOf(address);
    const group = sim && this.#options.groupOf(sim);
    if (sim && group?.enabled) return { sim, group };
    if (group) return { refusal: this.refuse({ reason: 'not-enabled' }) };
    return { refusal: this.refuse({ reason: 'no-group', imsi: sim?.imsi ?? 'unknown' }) };
  }

  /** Takes a body to the hub; undefined once it is taken, else why not. */
  async take(admitted: Admitted, protocol: SourceProtocol, body: Buffer): Promise<Refusal | undefined> {
    const { clock, stats, deliver, onTaken } = this.#options;
    const opened = eventOf({ ...admitted, protocol, body, at: clock.now() });
    if ('refusal' in opened) return this.refuse(opened.refusal);
    if (!(await deliver(admitted, opened.event))) return this.refuse({ reason: 'unavailable' });
    stats.taken += 1;
    onTaken(admitted.sim);
    return undefined;
  }

  /** Counts a refusal. */
  refuse(refusal: Refusal): Refusal {
    this.#options.stats.refused[refusal.reason] += 1;
    return refusal;
  }
}
