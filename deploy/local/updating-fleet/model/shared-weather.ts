import { type Chance, seededChance } from '@tashika/shared/chance';
import type { Duration, Timestamp } from '@tashika/shared/time';
import { normal, waitFor } from './chance.ts';
import type { FieldHabits } from './habits.ts';

/** Cells of a region; its devices are dealt out to them. */
export const CELLS = 3;

/** A time without a network, for all of a region or for one of its cells. */
export interface SharedOutage {
  readonly region: string;
  readonly cell?: number;
  readonly from: Timestamp;
  readonly until: Timestamp;
}

interface Wandering {
  level: number;
  readonly chance: Chance;
}

interface Failing {
  from: Timestamp;
  until: Timestamp;
  readonly perDay: number;
  readonly chance: Chance;
}

/** What a device sees of the weather: how busy its region is, 1 being usual, and when its cell has no network. */
export interface LocalWeather {
  readonly region: string;
  readonly cell: number;
  activity: number;
  /** Times without a network that touch the step under way. */
  outages: readonly { readonly from: Timestamp; readonly until: Timestamp }[];
}

/** What devices share: activity that rises and falls together, and networks that fail. */
export class SharedWeather {
  readonly #habits: FieldHabits;
  readonly #scripted: readonly SharedOutage[];
  readonly #fleet: Wandering;
  readonly #regions: { readonly walk: Wandering; readonly network: Failing; readonly cells: readonly Failing[] }[] = [];
  readonly #local = new Map<string, LocalWeather[]>();

  constructor(
    seed: number,
    habits: FieldHabits,
    regions: readonly string[],
    at: Timestamp,
    scripted: readonly SharedOutage[],
  ) {
    this.#habits = habits;
    this.#scripted = scripted;
    const wandering = (...name: string[]): Wandering => ({ level: 0, chance: seededChance(seed, 'activity', ...name) });
    this.#fleet = wandering();
    const fails = (name: string, perDay: number): Failing => {
      const chance = seededChance(seed, 'network', name);
      return { from: at + waitFor(chance, perDay), until: 0, perDay, chance };
    };
    for (const region of regions) {
      const cells = Array.from({ length: CELLS }, (_, cell) => cell);
      this.#regions.push({
        walk: wandering(region),
        network: fails(region, habits.regionOutagesPerDay),
        cells: cells.map((cell) => fails(`${region}/${cell}`, habits.cellOutagesPerDay)),
      });
      this.#local.set(
        region,
        cells.map((cell) => ({ region, cell, activity: 1, outages: [] })),
      );
    }
  }

  /** The weather of a cell, which moves on with each step. */
  at(region: string, cell: number): LocalWeather {
    return this.#local.get(region)![cell]!;
  }

  /** Moves on by `stepMs`, to `until`. */
  step(until: Timestamp, stepMs: Duration): void {
    const { sharedDrift, regionDrift, driftMs } = this.#habits;
    const from = until - stepMs;
    wander(this.#fleet, stepMs / driftMs, sharedDrift);
    const locals = this.#local.values();
    for (const { walk, network, cells } of this.#regions) {
      wander(walk, stepMs / driftMs, regionDrift);
      this.#fail(network, from, until);
      for (const cell of cells) this.#fail(cell, from, until);
      for (const local of locals.next().value!) {
        const scripted = this.#scripted.filter(
          ({ region, cell = local.cell }) => region === local.region && cell === local.cell,
        );
        local.activity = Math.exp(this.#fleet.level + walk.level);
        local.outages = [network, cells[local.cell]!, ...scripted].filter(
          (outage) => outage.from <= until && from < outage.until,
        );
      }
    }
  }

  #fail(network: Failing, from: Timestamp, until: Timestamp): void {
    if (network.until !== 0 && network.until <= from) {
      network.from = network.until + waitFor(network.chance, network.perDay);
      network.until = 0;
    }
    if (network.until === 0 && network.from <= until)
      network.until = network.from + network.chance.between(...this.#habits.sharedOutageMs);
  }
}

/** Whether `time` lies in one of the outages. */
export function coversAny(outages: LocalWeather['outages'], time: Timestamp): boolean {
  return outages.some(({ from, until }) => from <= time && time < until);
}

/** A step of an Ornstein-Uhlenbeck walk, whose sd in the long run is `spread`. */
export function wander(walk: { level: number; readonly chance: Chance }, share: number, spread: number): void {
  if (spread === 0) return;
  const kept = Math.exp(-share);
  walk.level = walk.level * kept + spread * Math.sqrt(1 - kept * kept) * normal(walk.chance);
}
