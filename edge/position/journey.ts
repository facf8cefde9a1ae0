import type { RegionCode } from '@tashika/shared/regions';
import type { Duration } from '@tashika/shared/time';
import type { Position, Prefectures } from './prefectures.ts';

/** A new prefecture is believed at once when the former one's border is so far behind. */
const BEHIND_KILOMETRES = 1;
/** Nearer to the border, it is believed after so long in it without a return. */
const STAYED: Duration = 300_000;
/** A pause of the fixes as long as this ends a stay: where the device was in between, nobody knows. */
const UNSEEN: Duration = 60_000;

type Outlines = Pick<Prefectures, 'at' | 'kilometresFrom'>;

/**
 * The prefecture that a moving device is in, from its fixes.
 *
 * On a road along a border each fix may say another one, for outlines and fixes are both some way off. So the former
 * one stays until its border is a kilometre behind, or the device stayed on the other side for five minutes. At sea,
 * more than 5 km off any coast, the former one stays as well.
 */
export class Journey {
  readonly #outlines: Outlines;
  readonly #maxAgeMs: Duration;
  #region: RegionCode | undefined;
  /** Since when, and what it was before: a measurement may be handed on later than it was taken. */
  #enteredAt: Duration = Number.NEGATIVE_INFINITY;
  #left: RegionCode | undefined;
  #fixedAt: Duration = Number.NEGATIVE_INFINITY;
  /** Since when the fixes say another prefecture than `#region`, and which. */
  #other: { readonly region: RegionCode; readonly since: Duration } | undefined;

  /** @param maxAgeMs how old the last fix may be for its prefecture to hold */
  constructor(outlines: Outlines, maxAgeMs: Duration) {
    this.#outlines = outlines;
    this.#maxAgeMs = maxAgeMs;
  }

  /** Takes a fix. @param atMs when it was taken, on a clock that never jumps */
  fix(position: Position, atMs: Duration): void {
    const seen = atMs - this.#fixedAt <= UNSEEN;
    if (atMs - this.#fixedAt > this.#maxAgeMs) this.#region = undefined;
    this.#fixedAt = atMs;
    const region = this.#outlines.at(position);
    if (region === undefined || region === this.#region) {
      this.#other = undefined;
      return;
    }
    if (this.#region !== undefined && this.#outlines.kilometresFrom(this.#region, position) < BEHIND_KILOMETRES) {
      if (!seen || this.#other?.region !== region) this.#other = { region, since: atMs };
      if (atMs - this.#other!.since < STAYED) return;
    }
    this.#left = this.#region;
    this.#region = region;
    this.#enteredAt = atMs;
    this.#other = undefined;
  }

  /** The prefecture of what is taken at `atMs`; nothing before the first fix and when the last one is too old. */
  regionAt(atMs: Duration): RegionCode | undefined {
    if (atMs - this.#fixedAt > this.#maxAgeMs) return undefined;
    return atMs < this.#enteredAt ? this.#left : this.#region;
  }
}
