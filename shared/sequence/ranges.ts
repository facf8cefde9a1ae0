/** Sequence numbers `first` to `last`, both included; safe integers, `first <= last`. */
export type SequenceRange = readonly [first: number, last: number];

/** A set of sequence numbers: ranges in ascending order, neither overlapping nor adjacent. */
export type SequenceRanges = readonly SequenceRange[];

/** The set that the given ranges cover, in whatever order and however they overlap. */
export function normalise(ranges: Iterable<SequenceRange>): SequenceRanges {
  const sorted = [...ranges].sort((a, b) => a[0] - b[0]);
  const merged: [number, number][] = [];
  for (const [first, last] of sorted) {
    const previous = merged.at(-1);
    if (previous && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last);
    else merged.push([first, last]);
  }
  return merged;
}

/** The numbers in `a` or in `b`. */
export function union(a: SequenceRanges, b: SequenceRanges): SequenceRanges {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  return normalise([...a, ...b]);
}

/** The numbers in `from` that are not in `taken`. */
export function subtract(from: SequenceRanges, taken: SequenceRanges): SequenceRanges {
  const left: SequenceRange[] = [];
  let index = 0;
  for (const [first, last] of from) {
    let next = first;
    while (index < taken.length && taken[index]![1] < first) index++;
    for (let i = index; i < taken.length && taken[i]![0] <= last; i++) {
      const [takenFirst, takenLast] = taken[i]!;
      if (takenFirst > next) left.push([next, takenFirst - 1]);
      next = Math.max(next, takenLast + 1);
    }
    if (next <= last) left.push([next, last]);
  }
  return left;
}

/** The numbers in `a` and in `b`. */
export function intersection(a: SequenceRanges, b: SequenceRanges): SequenceRanges {
  return subtract(a, subtract(a, b));
}

/** Whether `number` is in the set. */
export function contains(ranges: SequenceRanges, number: number): boolean {
  let low = 0;
  let high = ranges.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const [first, last] = ranges[middle]!;
    if (number < first) high = middle - 1;
    else if (number > last) low = middle + 1;
    else return true;
  }
  return false;
}

/** How many numbers the set has. */
export function count(ranges: SequenceRanges): number {
  let total = 0;
  for (const [first, last] of ranges) total += last - first + 1;
  return total;
}

/** The highest number of the set, 0 when it is empty. */
export function through(ranges: SequenceRanges): number {
  return ranges.at(-1)?.[1] ?? 0;
}

/** The numbers from 1 to `last` that the set lacks. */
export function gaps(ranges: SequenceRanges, last: number): SequenceRanges {
  return last < 1 ? [] : subtract([[1, last]], ranges);
}

/** PostgreSQL's canonical `int8multirange` text, upper bounds excluded: `{[1,4),[9,12)}`. */
export function formatMultirange(ranges: SequenceRanges): string {
  return `{${ranges.map(([first, last]) => `[${first},${last + 1})`).join(',')}}`;
}

const CANONICAL = /^\{(\[-?\d+,-?\d+\)(,\[-?\d+,-?\d+\))*)?\}$/;

/**
 * Reads PostgreSQL's canonical `int8multirange` text.
 * @throws RangeError for text that is not one, or has no bounds.
 */
export function parseMultirange(text: string): SequenceRanges {
  if (!CANONICAL.test(text)) throw new RangeError(`Not an int8multirange: ${text}`);
  const ranges: SequenceRange[] = [];
  for (const match of text.matchAll(/\[(-?\d+),(-?\d+)\)/g)) ranges.push([Number(match[1]), Number(match[2]) - 1]);
  return ranges;
}
