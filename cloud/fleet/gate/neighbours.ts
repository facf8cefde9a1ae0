import type { DeviceRound, GateRound } from './signal.ts';

/** What a device is in a round. */
export type Role = 'neighbour' | 'updated' | 'settling' | 'aside';

/** Rounds after the update in which the device comes to itself: what its installation did is not the image's doing. */
const SETTLING_ROUNDS = 2;
/** With fewer neighbours in a region, or fewer than are watched, devices whose wave has passed stand in for them. */
export const ENOUGH = 8;

export function roleOf({ aside, updatedAt }: DeviceRound, { at, roundMs }: GateRound, sampleMs: number): Role {
  if (aside) return 'aside';
  if (updatedAt === undefined || updatedAt >= at) return 'neighbour';
  return updatedAt + SETTLING_ROUNDS * sampleMs <= at - roundMs ? 'updated' : 'settling';
}

/** How much a mean over all weighs against a region's own, and a region's against that of its boards, in devices. */
const WEIGHT = 10;

interface Sums {
  taken: number;
  usual: number;
}

/**
 * How busy the neighbours are, as a multiple of their own past: of the same board in the same region where there are
 * enough of them, else of the region, else of all. In between, each is drawn to the next wider one.
 */
export class NeighboursFactor {
  readonly #all: Sums = { taken: 0, usual: 0 };
  readonly #regions = new Map<string, Sums>();
  readonly #strata: Sums[] = [];
  readonly #regionOf: Sums[] = [];
  #devices = 0;

  constructor(strata: readonly (readonly [region: string, board: string])[]) {
    for (const [region] of strata) {
      const sums = this.#regions.get(region) ?? { taken: 0, usual: 0 };
      this.#regions.set(region, sums);
      this.#regionOf.push(sums);
      this.#strata.push({ taken: 0, usual: 0 });
    }
  }

  /** A neighbour that `usual` readings were to be expected of, and which took `taken`; `weight` is for one reading. */
  add(stratum: number, taken: number, usual: number, weight: number): void {
    // A device in trouble must not make the others look idle.
    const bounded = Math.min(taken, 3 * usual + 5) * weight;
    this.#devices += 1;
    add(this.#all, bounded, usual * weight);
    add(this.#regionOf[stratum]!, bounded, usual * weight);
    add(this.#strata[stratum]!, bounded, usual * weight);
  }

  /** The factor of each stratum. */
  all(): readonly number[] {
    if (this.#devices === 0) return this.#strata.map(() => 1);
    const all = this.#all.taken / this.#all.usual;
    const pull = (WEIGHT * this.#all.usual) / this.#devices;
    return this.#strata.map((sums, stratum) => drawn(sums, pull, drawn(this.#regionOf[stratum]!, pull, all)));
  }
}

function add(sums: Sums, taken: number, usual: number): void {
  sums.taken += taken;
  sums.usual += usual;
}

function drawn({ taken, usual }: Sums, pull: number, towards: number): number {
  return (taken + pull * towards) / (usual + pull);
}

/** Fewer neighbours than this say nothing of a network. */
const LEAST_FOR_OUTAGE = 3;
/** The chance that so many are silent each for a reason of its own, below which they are so for one reason. */
const BY_CHANCE = 1e-5;

/** How much the latest round weighs in the share that is usually silent. */
const LATEST = 0.02;

/** Of the neighbours that were due to be heard, how many were silent, by region. */
export class Due {
  readonly #regions = new Map<string, { due: number; silent: number }>();

  count(region: string, silent: boolean): void {
    const sums = this.#regions.get(region) ?? { due: 0, silent: 0 };
    this.#regions.set(region, sums);
    sums.due += 1;
    if (silent) sums.silent += 1;
  }

  /** Regions whose neighbours are silent together. `unheard` is the share that usually is. */
  out(unheard: number): readonly string[] {
    return [...this.#regions].flatMap(([region, { due, silent }]) => (isOutage(due, silent, unheard) ? [region] : []));
  }

  /** The share that usually is silent, by what it was before and the regions that are not `out`. */
  learn(out: ReadonlySet<string>, unheard: number): number {
    let [due, silent] = [0, 0];
    for (const [region, sums] of this.#regions)
      if (!out.has(region)) {
        due += sums.due;
        silent += sums.silent;
      }
    return due > 0 ? unheard + (silent / due - unheard) * LATEST : unheard;
  }
}

/** Whether so many are silent for one reason that all share. */
function isOutage(due: number, silent: number, unheard: number): boolean {
  if (due < LEAST_FOR_OUTAGE || silent < due / 2) return false;
  const usual = Math.max(0.02, unheard);
  let chance = 0;
  let term = (1 - usual) ** due;
  for (let count = 0; count <= due; count++) {
    if (count >= silent) chance += term;
    term *= ((due - count) / (count + 1)) * (usual / (1 - usual));
  }
  return chance < BY_CHANCE;
}
