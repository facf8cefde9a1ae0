import type { EventPlace } from './record.ts';

/** Bytes of log between two entries. */
const SPACING_BYTES = 64 * 1024;

/**
 * Where in a segment to start looking: the place of one event for every 64 KiB of log, in memory. A seek
 * goes to the last entry before its target and reads on from there.
 */
export class SparseIndex {
  readonly #places: EventPlace[] = [];

  /** Tells the index of an event; it keeps the first, and one for each stretch of log. */
  add(place: EventPlace): void {
    const last = this.#places.at(-1);
    if (last && place.offset - last.offset < SPACING_BYTES) return;
    this.#places.push({
      sequenceNumber: place.sequenceNumber,
      offset: place.offset,
      enqueuedTime: place.enqueuedTime,
    });
  }

  /** Forgets what stands at `offset` or after it. */
  cut(offset: number): void {
    while (this.#places.length > 0 && this.#places.at(-1)!.offset >= offset) this.#places.pop();
  }

  /** The segment's first event. */
  get first(): EventPlace | undefined {
    return this.#places[0];
  }

  /** The last entry that stands before what is sought. `isBefore` is true up to some event and false from there on. */
  lastBefore(isBefore: (place: EventPlace) => boolean): EventPlace | undefined {
    let low = 0;
    let high = this.#places.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isBefore(this.#places[middle]!)) low = middle + 1;
      else high = middle;
    }
    return this.#places[low - 1];
  }
}
