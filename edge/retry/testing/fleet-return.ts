import { type Chance, seededChance } from '@tashika/shared/chance';
import type { Duration } from '@tashika/shared/time';
import { jitteredDelays, type ReplayPolicy, type RetryPolicy, restAfterReplay } from '../index.ts';

export interface FleetReturn {
  readonly agents: number;
  readonly retry: RetryPolicy;
  readonly replay: ReplayPolicy;
  /** How long nothing got through. */
  readonly outageMs: Duration;
  /** How often an agent posts when all is well. */
  readonly everyMs: Duration;
  /** How long the readings of one post of backlog span. */
  readonly spanMs: Duration;
  /** How long a post is under way. */
  readonly roundTripMs: Duration;
  /** Posts that the other side takes in a second; it refuses the others at once. */
  readonly capacity: number;
  /** How long the fleet is watched. */
  readonly watchedMs: Duration;
  readonly seed: number;
}

/** A fleet at the agent's defaults that posts a batch a minute, measures about once a second and was cut off for 5 min. */
export const USUAL_FLEET: FleetReturn = {
  agents: 10_000,
  retry: { firstMs: 1_000, mostMs: 60_000 },
  replay: { share: 0.5, speed: 10 },
  outageMs: 300_000,
  everyMs: 60_000,
  spanMs: 500_000,
  roundTripMs: 100,
  capacity: Number.POSITIVE_INFINITY,
  watchedMs: 300_000,
  seed: 7,
};

/** What the other side sees, second by second from the moment at which the link is back. */
export interface ReturnCurve {
  readonly arrivals: readonly number[];
  readonly accepted: readonly number[];
  /** Attempts of one agent while nothing got through, on average. */
  readonly attemptsInOutage: number;
}

interface Agent {
  delays: Generator<Duration, never>;
  /** Up to when its readings have been accepted. */
  sentUntil: Duration;
  readonly chance: Chance;
}

/**
 * Plays a fleet that lost its link at one moment and has it back at another, with the product's own rules of waiting:
 * each agent tries again, then replays its backlog, then posts what is live. No time passes.
 */
export function playFleetReturn(options: FleetReturn): ReturnCurve {
  const { agents, retry, replay, outageMs, everyMs, spanMs, roundTripMs, capacity, watchedMs, seed } = options;
  const seconds = Math.ceil(watchedMs / 1_000);
  const arrivals = new Array<number>(seconds).fill(0);
  const accepted = new Array<number>(seconds).fill(0);
  const queue = new Queue<Agent>();
  let attempts = 0;
  for (let n = 0; n < agents; n++) {
    const chance = seededChance(seed, n);
    const firstFailure = -outageMs + chance.between(0, Math.min(everyMs, outageMs));
    const delays = jitteredDelays(retry, chance.next);
    let at = firstFailure;
    for (; at < 0; at += delays.next().value) attempts++;
    queue.add(at, { delays, sentUntil: firstFailure - everyMs, chance });
  }
  for (let due = queue.next(); due !== undefined && due.at < watchedMs; due = queue.next()) {
    const { at, item: agent } = due;
    const second = Math.floor(at / 1_000);
    arrivals[second]!++;
    if (accepted[second]! >= capacity) {
      queue.add(at + roundTripMs + agent.delays.next().value, agent);
      continue;
    }
    accepted[second]!++;
    agent.delays = jitteredDelays(retry, agent.chance.next);
    const sent = Math.min(spanMs, at - agent.sentUntil);
    const isReplay = at - agent.sentUntil > everyMs + 60_000;
    agent.sentUntil += sent;
    const rest = isReplay
      ? restAfterReplay({ tookMs: roundTripMs, spanMs: sent }, replay, agent.chance.next())
      : Math.max(0, agent.sentUntil + everyMs - at);
    queue.add(at + roundTripMs + rest, agent);
  }
  return { arrivals, accepted, attemptsInOutage: attempts / agents };
}

/** What is due first comes first: a binary heap. */
class Queue<T> {
  readonly #heap: { at: Duration; item: T }[] = [];

  add(at: Duration, item: T): void {
    const heap = this.#heap;
    let index = heap.push({ at, item }) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (heap[parent]!.at <= heap[index]!.at) return;
      this.#swap(index, parent);
      index = parent;
    }
  }

  next(): { readonly at: Duration; readonly item: T } | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (heap.length === 0 || first === undefined) return first;
    heap[0] = last!;
    for (let index = 0; ; ) {
      const left = 2 * index + 1;
      let least = index;
      for (const child of [left, left + 1]) if (child < heap.length && heap[child]!.at < heap[least]!.at) least = child;
      if (least === index) return first;
      this.#swap(index, least);
      index = least;
    }
  }

  #swap(a: number, b: number): void {
    [this.#heap[a], this.#heap[b]] = [this.#heap[b]!, this.#heap[a]!];
  }
}
