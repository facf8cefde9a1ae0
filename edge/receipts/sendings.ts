import { count, type SequenceRange, type SequenceRanges, subtract, union } from '@tashika/shared/sequence';
import type { Duration } from '@tashika/shared/time';

/** When what was sent can be missing, and how often it is sent again. */
export interface Patience {
  /** How long the link may take to deliver. */
  readonly settleMs: Duration;
  /** Most times that a number is sent again. */
  readonly resends: number;
}

/** Numbers that were sent at about one time. */
interface Sending {
  readonly range: SequenceRange;
  /** When the link last took them; monotonic. */
  readonly at: Duration;
  readonly resends: number;
  /** They are to be sent again, and have not been yet. */
  readonly asked: boolean;
  /** It has been told that they never arrive. */
  readonly told: boolean;
}

/** What is to be done about numbers that the cloud lacks. */
export interface Sorted {
  /** Sent long enough ago: to be sent again. */
  readonly due: SequenceRanges;
  /** Perhaps on their way. */
  readonly waiting: SequenceRanges;
  /** Sent as often as they may be. */
  readonly ended: SequenceRanges;
}

/** Sendings within this part of `settleMs` count as one. */
const BUCKETS = 16;
const MOST_SENDINGS = 1_024;

/**
 * When the numbers of a stream were sent, as far as it matters: those of the last `settleMs`, and those that were sent
 * again. All others were sent long ago, or before this process began, which is taken for the moment of sending. Beyond
 * a bound the oldest are forgotten and begin anew.
 */
export class Sendings {
  readonly #patience: Patience;
  readonly #since: Duration;
  #sendings: Sending[] = [];

  /** @param since when the process began; monotonic */
  constructor(patience: Patience, since: Duration) {
    this.#patience = patience;
    this.#since = since;
  }

  /** How many sendings it remembers. */
  get size(): number {
    return this.#sendings.length;
  }

  /** Whether anything waits to be sent again. */
  get asksForAny(): boolean {
    return this.#sendings.some(({ asked }) => asked);
  }

  /** The link took these numbers now. Answers how many of them were to be sent again. */
  noted(ranges: SequenceRanges, now: Duration): number {
    const bucket = this.#patience.settleMs / BUCKETS;
    const at = Math.ceil(now / bucket) * bucket;
    const known = this.#within(ranges);
    const again = known.map((each) => ({
      ...each,
      at,
      resends: each.asked ? each.resends + 1 : each.resends,
      asked: false,
    }));
    const first = subtract(ranges, rangesOf(known)).map((range) => ({
      range,
      at,
      resends: 0,
      asked: false,
      told: false,
    }));
    this.#replace(ranges, [...again, ...first]);
    this.#sendings = this.#sendings.filter((each) => each.asked || each.resends > 0 || this.#settlesAt(each) > now);
    return count(rangesOf(known.filter(({ asked }) => asked)));
  }

  /** Sorts numbers that the cloud, asked at `askedAt`, did not have. */
  sorted(missing: SequenceRanges, askedAt: Duration): Sorted {
    const { resends } = this.#patience;
    const known = this.#within(missing);
    const isSettled = (each: Sending) => this.#settlesAt(each) <= askedAt;
    const ended = rangesOf(known.filter((each) => each.resends >= resends && isSettled(each)));
    const dueOfKnown = known.filter((each) => each.asked || (each.resends < resends && isSettled(each)));
    const unknown = subtract(missing, rangesOf(known));
    const due = union(rangesOf(dueOfKnown), this.#since + this.#patience.settleMs <= askedAt ? unknown : []);
    return { due, ended, waiting: subtract(missing, union(due, ended)) };
  }

  /** Whether anything above `number` may have been on its way at `askedAt`. */
  isUnderWay(number: number, askedAt: Duration): boolean {
    if (this.#since + this.#patience.settleMs > askedAt) return true;
    return this.#sendings.some((each) => each.range[1] > number && this.#settlesAt(each) > askedAt);
  }

  /** These are to be sent again. */
  asked(ranges: SequenceRanges): void {
    const known = this.#within(ranges);
    const unknown = subtract(ranges, rangesOf(known)).map((range) => ({
      range,
      at: this.#since,
      resends: 0,
      asked: true,
      told: false,
    }));
    this.#replace(ranges, [...known.map((each) => ({ ...each, asked: true })), ...unknown]);
  }

  /** Those of `ended` that nobody has been told of yet; from now on somebody has. */
  untold(ended: SequenceRanges): SequenceRanges {
    const known = this.#within(ended);
    this.#replace(
      rangesOf(known),
      known.map((each) => ({ ...each, told: true })),
    );
    return rangesOf(known.filter(({ told }) => !told));
  }

  /** Forgets what is of no use any more: what the cloud has, and what can't be missing or is no longer `kept`. */
  forget(had: SequenceRanges, kept: SequenceRanges, now: Duration): void {
    const isOfUse = (each: Sending) =>
      each.asked || this.#settlesAt(each) > now || (each.resends > 0 && subtract([each.range], kept).length === 0);
    this.#replace(had, []);
    this.#sendings = this.#sendings.filter(isOfUse);
  }

  #settlesAt({ at, resends }: Sending): Duration {
    return at + this.#patience.settleMs * 2 ** resends;
  }

  /** What is remembered of some numbers, cut to them. */
  #within(ranges: SequenceRanges): Sending[] {
    return this.#sendings.flatMap((each) => {
      const others = subtract([each.range], ranges);
      return subtract([each.range], others).map((range) => ({ ...each, range }));
    });
  }

  #replace(ranges: SequenceRanges, by: readonly Sending[]): void {
    const others = this.#sendings.flatMap((each) =>
      subtract([each.range], ranges).map((range) => ({ ...each, range })),
    );
    this.#sendings = bounded([...others, ...by]);
  }
}

function rangesOf(sendings: readonly Sending[]): SequenceRanges {
  return sendings.reduce<SequenceRanges>((all, { range }) => union(all, [range]), []);
}

/** In order of their numbers, neighbours of one kind as one, and not too many. */
function bounded(sendings: readonly Sending[]): Sending[] {
  const merged: Sending[] = [];
  for (const each of [...sendings].sort((a, b) => a.range[0] - b.range[0])) {
    const previous = merged.at(-1);
    if (previous && isOneWith(previous, each))
      merged[merged.length - 1] = { ...each, range: [previous.range[0], each.range[1]] };
    else merged.push(each);
  }
  if (merged.length <= MOST_SENDINGS) return merged;
  const oldest = new Set([...merged].sort((a, b) => a.at - b.at).slice(0, merged.length - MOST_SENDINGS));
  return merged.filter((each) => !oldest.has(each));
}

function isOneWith(previous: Sending, next: Sending): boolean {
  return (
    previous.range[1] === next.range[0] - 1 &&
    previous.at === next.at &&
    previous.resends === next.resends &&
    previous.asked === next.asked &&
    previous.told === next.told
  );
}
