import {
  intersection,
  normalise,
  type SequenceRange,
  type SequenceRanges,
  subtract,
  through,
  union,
} from '@tashika/shared/sequence';

/** What became of a stream's numbers. A number that is in none of the sets waits for the link. */
export interface Progress {
  /** Never needed again: accepted by the link (and confirmed, where that is waited for), or given up. */
  readonly done: SequenceRanges;
  /** Accepted by the link, and kept until the cloud confirms it. */
  readonly sent: SequenceRanges;
  /** Accepted by the link once, but the cloud says that it never came: waits to be sent again. */
  readonly again: SequenceRanges;
  /** Given up, and not yet told to the cloud. */
  readonly untold: SequenceRanges;
  /** Given up and told, and the cloud has not confirmed that it knows. */
  readonly told: SequenceRanges;
  /**
   * May have been handed out, whatever came of it: each segment that was, from its first number on. `undefined` where
   * nobody kept account, so that anything may have been.
   */
  readonly touched: SequenceRanges | undefined;
}

/** What the cloud says that it has of a stream. */
export interface Receipt {
  readonly stream: string;
  /** Of all numbers up to this one the cloud has said whether it lacks them. */
  readonly through: number;
  /**
   * The numbers that it lacks. Numbers above `through` may be named too: readings that were sent long ago and lost at
   * the end of a stream leave no gap that the cloud could see.
   */
  readonly missing: SequenceRanges;
  /** Numbers of which nothing is concluded yet: they stay as they are, whatever else the receipt says of them. */
  readonly undecided?: SequenceRanges;
}

export const NO_PROGRESS: Progress = { done: [], sent: [], again: [], untold: [], told: [], touched: undefined };

/** Numbers that need not be handed out. */
export function settled({ done, sent }: Progress): SequenceRanges {
  return union(done, sent);
}

/** Numbers that the cloud knows of once all posts have come through: the others below the highest it sees as missing. */
export function knownToCloud(progress: Progress): SequenceRanges {
  return subtract(union(settled(progress), progress.again), progress.untold);
}

/** After the link took a post of the numbers `received` that told the losses `told`. @param keep until confirmed */
export function accepted(progress: Progress, received: SequenceRanges, told: SequenceRanges, keep: boolean): Progress {
  const { done, sent, again, untold } = progress;
  return {
    ...progress,
    done: keep ? done : union(done, received),
    sent: keep ? union(sent, subtract(received, done)) : sent,
    again: subtract(again, received),
    untold: subtract(untold, union(told, received)),
    told: keep ? subtract(union(progress.told, intersection(untold, told)), received) : [],
  };
}

/** Those of `ranges` that are not given up already, nor with the link. */
export function freshLosses(progress: Progress, ranges: SequenceRanges): SequenceRanges {
  return subtract(ranges, settled(progress));
}

/** After the numbers `lost` were given up. */
export function givenUp(progress: Progress, lost: SequenceRanges): Progress {
  return {
    ...progress,
    done: union(progress.done, lost),
    sent: subtract(progress.sent, lost),
    again: subtract(progress.again, lost),
    untold: union(progress.untold, lost),
    told: subtract(progress.told, lost),
  };
}

/** After nobody waits any longer for the cloud to confirm `ranges`. */
export function letGo(progress: Progress, ranges: SequenceRanges): Progress {
  const released = intersection(progress.sent, ranges);
  return { ...progress, done: union(progress.done, released), sent: subtract(progress.sent, released) };
}

/** After a reader no longer keeps what is sent until it is confirmed. */
export function keepingNothing(progress: Progress): Progress {
  if (progress.sent.length === 0 && progress.told.length === 0) return progress;
  return { ...progress, done: settled(progress), sent: [], told: [] };
}

/**
 * After a receipt; `lost` are numbers that the cloud lacks and the disk no longer has.
 *
 * @param onDisk the numbers that can be read again
 */
export function confirmed(
  progress: Progress,
  { through: last, missing, undecided = [] }: Omit<Receipt, 'stream'>,
  onDisk: SequenceRanges,
): { readonly progress: Progress; readonly lost: SequenceRanges } {
  const lacking = subtract(normalise(missing), normalise(undecided));
  const had = last > 0 ? subtract([[1, last]], union(lacking, normalise(undecided))) : [];
  const { done, sent, again, untold, told } = progress;
  const toldAnew = intersection(told, lacking);
  // What was given up is told again; everything else that was with the link once, or was let go, is sent again.
  const wanted = subtract(subtract(intersection(settled(progress), lacking), untold), told);
  const room = Math.max(0, BOUNDS.again - again.length);
  const readable = union(again, intersection(wanted, onDisk).slice(0, room));
  const arrived = intersection(union(sent, again), had);
  const after: Progress = {
    ...progress,
    done: union(subtract(done, readable), arrived),
    sent: subtract(subtract(sent, readable), arrived),
    again: subtract(readable, arrived),
    untold: union(untold, toldAnew),
    told: subtract(subtract(told, toldAnew), had),
  };
  return { progress: after, lost: subtract(wanted, onDisk) };
}

/**
 * Whether nobody can ever have seen a reading of a segment that holds `range`. Numbers at its end may have been given up,
 * because it was thinned out before.
 */
export function isUntouched({ done, sent, again, touched }: Progress, range: SequenceRange): boolean {
  if (!touched || intersection([range], union(union(sent, again), touched)).length > 0) return false;
  const waiting = subtract([range], done);
  return waiting.length === 1 && waiting[0]![0] === range[0];
}

/** After account of what is handed out begins, or ends. */
export function accounting(progress: Progress, begins: boolean, last: number): Progress {
  if (begins === (progress.touched !== undefined)) return progress;
  return { ...progress, touched: begins ? (last > 0 ? [[1, last]] : []) : undefined };
}

/** Whether every number of `range` is in the set. */
export function covers(set: SequenceRanges, range: SequenceRange): boolean {
  return subtract([range], set).length === 0;
}

/** Most ranges of each set: all of them fit a slot of the state file. */
export const BOUNDS = { done: 224, sent: 160, again: 64, untold: 224, told: 96, touched: 64 } as const;

/**
 * The same within the bounds. Where a set must lose detail, it errs to the safe side: what is forgotten to be sent is
 * sent again, which the cloud knows by its number; losses that scattered call what lies between them lost too, and
 * where that arrives all the same, having arrived counts.
 */
export function bounded(progress: Progress): Progress {
  const done = mostRanges(progress.done, BOUNDS.done);
  const sent = mostRanges(progress.sent, BOUNDS.sent);
  const again = mostRanges(progress.again, BOUNDS.again);
  const forgotten = union(
    union(subtract(progress.done, done), subtract(progress.sent, sent)),
    subtract(progress.again, again),
  );
  // Below the first number that waits nothing needs an account: whoever looks there finds it done.
  const before: SequenceRanges = done[0]?.[0] === 1 ? [done[0]] : [];
  const handedOut = progress.touched && subtract(union(progress.touched, forgotten), before);
  return {
    done,
    sent,
    again,
    untold: coarsen(progress.untold, BOUNDS.untold),
    told: mostRanges(progress.told, BOUNDS.told),
    touched: handedOut && coarsen(handedOut, BOUNDS.touched),
  };
}

/** The `most` largest ranges; the first one counts as large, because everything begins there. */
function mostRanges(ranges: SequenceRanges, most: number): SequenceRanges {
  if (ranges.length <= most) return ranges;
  const [first, ...others] = ranges;
  const largest = others.sort((a, b) => b[1] - b[0] - (a[1] - a[0])).slice(0, most - 1);
  return normalise([first!, ...largest]);
}

/** At most `most` ranges that cover all the given ones: the narrowest gaps are closed. */
export function coarsen(ranges: SequenceRanges, most: number): SequenceRanges {
  if (ranges.length <= most) return ranges;
  const gaps = ranges.slice(1).map(([first], index) => ({ index, width: first - ranges[index]![1] }));
  gaps.sort((a, b) => a.width - b.width);
  const closed = new Set(gaps.slice(0, ranges.length - most).map(({ index }) => index));
  const merged: SequenceRange[] = [];
  let first = ranges[0]![0];
  ranges.forEach(([, last], index) => {
    if (closed.has(index)) return;
    merged.push([first, last]);
    first = ranges[index + 1]?.[0] ?? first;
  });
  return merged;
}

/** The highest number that any set holds. */
export function highestOf(progress: Progress): number {
  const { done, sent, again, untold, told } = progress;
  return Math.max(...[done, sent, again, untold, told].map(through));
}
