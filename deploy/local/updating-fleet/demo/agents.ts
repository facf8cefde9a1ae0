import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededChance } from '@tashika/shared/chance';
import { makeDirectory } from '@tashika/shared/data-directory';
import type { Clock } from '@tashika/shared/time';
import type { Behaviour } from './behaviour.ts';
import { type AgentState, SimulatedAgent } from './simulated-agent.ts';

/** The agents of a simulated fleet. What each has installed is kept, so that a new run finds it as the cloud does. */
export class Agents {
  readonly #file: string;
  readonly #clock: Clock;
  readonly #seed: number;
  readonly #first: Behaviour;
  readonly #attempt: (write: () => void) => void;
  readonly #known: readonly (AgentState | undefined)[];
  readonly #agents = new Map<number, SimulatedAgent>();

  /**
   * @param first what a device runs that has installed nothing yet
   * @param attempt does what writes; a disk that is full must not end the fleet
   */
  constructor(
    directory: string,
    first: Behaviour,
    { clock, seed, attempt }: { clock: Clock; seed: number; attempt: (write: () => void) => void },
  ) {
    makeDirectory(directory);
    this.#file = join(directory, 'agents.json');
    this.#clock = clock;
    this.#seed = seed;
    this.#first = first;
    this.#attempt = attempt;
    this.#known = read(this.#file);
  }

  /** The agent of the n-th device. */
  of(n: number): SimulatedAgent {
    const known = this.#agents.get(n);
    if (known) return known;
    const { behaviour = this.#first, starts = 0 } = this.#known[n] ?? {};
    const chance = seededChance(this.#seed, 'agent', n, starts);
    // The run that begins starts them all.
    const agent = new SimulatedAgent(this.#clock, chance, { behaviour, starts: starts + 1 }, () => this.keep());
    this.#agents.set(n, agent);
    return agent;
  }

  /** Writes down what each runs and how often it was started, as it is done at each installation. */
  keep(): void {
    const states: (AgentState | null)[] = [];
    for (const [n, { state }] of this.#agents) states[n] = state;
    this.#attempt(() => {
      writeFileSync(`${this.#file}.new`, JSON.stringify(states));
      renameSync(`${this.#file}.new`, this.#file);
    });
  }
}

function read(file: string): readonly (AgentState | undefined)[] {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as (AgentState | undefined)[];
  } catch {
    return []; // the first run
  }
}
