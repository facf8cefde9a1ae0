import type { Chance } from '@tashika/shared/chance';
import type { SenmlRecord } from '@tashika/shared/telemetry';
import type { Clock, Duration } from '@tashika/shared/time';
import type { DeviceAgent } from '../../fleet/index.ts';
import type { Behaviour } from './behaviour.ts';

/** What of an agent outlives its process. */
export interface AgentState {
  readonly behaviour: Behaviour;
  /** How often it has been started since its data directory began. */
  readonly starts: number;
}

/** How long a device takes to start, in ms. */
const START_MS: readonly [Duration, Duration] = [1_000, 3_000];

/** How often an agent tells of itself where nothing has changed. */
const TELL_AGAIN_MS: Duration = 20_000;

/** The agent of a simulated device, with the habits of its image. It tells its version and its starts as readings. */
export class SimulatedAgent implements DeviceAgent {
  readonly #clock: Clock;
  readonly #chance: Chance;
  readonly #onChange: () => void;
  #state: AgentState;
  #runsFrom: Duration;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, chance: Chance, state: AgentState, onChange: () => void) {
    this.#clock = clock;
    this.#chance = chance;
    this.#onChange = onChange;
    this.#state = state;
    this.#runsFrom = clock.monotonic();
  }

  get state(): AgentState {
    return this.#state;
  }

  get running(): boolean {
    const forMs = this.#clock.monotonic() - this.#runsFrom;
    const { hangsAfterMs } = this.#state.behaviour;
    return forMs >= 0 && (hangsAfterMs === null || forMs < hangsAfterMs);
  }

  /** Starts anew with another image. */
  install(behaviour: Behaviour): void {
    this.#state = { behaviour, starts: this.#state.starts + 1 };
    this.#runsFrom = this.#clock.monotonic() + this.#chance.between(...START_MS);
    this.#toldAt = Number.NEGATIVE_INFINITY;
    this.#onChange();
  }

  tell(measured: readonly SenmlRecord[]): readonly SenmlRecord[] {
    const { behaviour, starts } = this.#state;
    const kept = measured.filter(() => !this.#chance.happens(behaviour.loses));
    const now = this.#clock.monotonic();
    if (now - this.#toldAt < TELL_AGAIN_MS) return kept;
    this.#toldAt = now;
    return [...kept, { bn: '', n: 'agent/version', vs: behaviour.version }, { n: 'agent/starts', v: starts }];
  }
}
