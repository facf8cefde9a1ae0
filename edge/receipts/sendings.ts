import { count, normalise, type SequenceRange, type SequenceRanges, subtract, union } from '@tashika/shared/sequence';
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
const AFTER_FORGETTING = 768;

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
    const { inside, outside } = this.#split(ranges);
    const again = inside.map((each) => ({
      ...each,
      at,
      resends: each.asked ? each.resends + 1 : each.resends,
      asked: false,
    }));
    const first = subtract(ranges, rangesOf(inside)).map((range) => ({
      range,
      at,
      resends: 0,
      asked: false,
      told: false,
    }));
    const ofUse = outside.filter((each) => each.asked || each.resends > 0 || this.#settlesAt(each) > now);
    this.#sendings = bounded([...ofUse, ...again, ...first]);
    return count(rangesOf(inside.filter(({ asked }) => asked)));
  }

  /** Sorts numbers that the cloud, asked at `askedAt`, did not have. */
  sorted(missing: SequenceRanges, askedAt: Duration): Sorted {
    const { resends } = this.#patience;
    const known = this.#split(missing).inside;
    const isSettled = (each: Sending) => this.#settlesAt(each) <= askedAt;
    const ended = rangesOf(known.filter((each) => each.resends >= resends && isSettled(each)));
    const dueOfKnown = known.filter((each) => each.asked || (each.resends < resends && isSettled(each)));
    const unknown = subtract(missing, rangesOf(known));
    const due = union(rangesOf(dueOfKnown), this.#since + this.#patience.settleMs <= askedAt ? unknown : []);
    return { due, ended, waiting: subtract(missing, union(due, ended)) };
  }

  /** These are to be sent again. */
  asked(ranges: SequenceRanges): void {
    const { inside, outside } = this.#split(ranges);
    const unknown = subtract(ranges, rangesOf(inside)).map((range) => ({
      range,
      at: this.#since,
      resends: 0,
      asked: true,
      told: false,
    }));
    this.#sendings = bounded([...outside, ...inside.map((each) => ({ ...each, asked: true })), ...unknown]);
  }

  /** Those of `ended` that nobody has been told of yet; from now on somebody has. */
  untold(ended: SequenceRanges): SequenceRanges {
    const { inside, outside } = this.#split(ended);
    this.#sendings = bounded([...outside, ...inside.map((each) => ({ ...each, told: true }))]);
    return rangesOf(inside.filter(({ told }) => !told));
  }

  /** Forgets what is of no use any more: what the cloud has, and what can't be missing or is no longer `kept`. */
  forget(had: SequenceRanges, kept: SequenceRanges, now: Duration): void {
    this.#sendings = this.#split(had).outside;
    const { inside, outside } = this.#split(kept);
    const isOnItsWay = (each: Sending) => each.asked || this.#settlesAt(each) > now;
    this.#sendings = bounded([
      ...inside.filter((each) => each.resends > 0 || isOnItsWay(each)),
      ...outside.filter(isOnItsWay),
    ]);
  }

  #settlesAt({ at, resends }: Sending): Duration {
    return at + this.#patience.settleMs * 2 ** resends;
  }

  /** What is remembered of the numbers in `ranges`, and of the others, cut at their ends; in order. */
  #split(ranges: SequenceRanges): { readonly inside: Sending[]; readonly outside: Sending[] } {
    const inside: Sending[] = [];
    const outside: Sending[] = [];
    let next = 0;
    for (const each of this.#sendings) {
      const last = each.range[1];
      let first = each.range[0];
      while (ranges[next] && ranges[next]![1] < first) next++;
      if (!ranges[next] || last < ranges[next]![0]) outside.push(each);
      else
        for (let at = next; first <= last; at++) {
          const [from, to] = ranges[at] ?? [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
          if (from > first) outside.push({ ...each, range: [first, Math.min(last, from - 1)] });
          if (from <= last) inside.push({ ...each, range: [Math.max(first, from), Math.min(last, to)] });
          first = to + 1;
        }
    }
    return { inside, outside };
  }
}

function rangesOf(sendings: readonly Sending[]): SequenceRanges {
  return normalise(sendings.map(({ range }) => range));
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
  const oldest = new Set([...merged].sort((a, b) => a.at - b.at).slice(0, merged.length - AFTER_FORGETTING));
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
