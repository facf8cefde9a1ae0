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
