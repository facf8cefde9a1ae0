import { type Post, type SenmlRecord, WIRE_VERSION } from '@tashika/shared/telemetry';
import type { Duration, Timestamp } from '@tashika/shared/time';
import type { DeviceStep, ModelDevice } from './model/index.ts';

/** How often a device tells its version and starts where they have not changed. */
const TELL_AGAIN_MS: Duration = 6 * 3_600_000;
/** How far a clock is ahead whose readings come too early. */
const AHEAD_MS: Duration = 1_800_000;

interface Numbers {
  readonly seq: number;
  readonly count: number;
}

/**
 * What a device of the model does in a step, as posts of wire format v1 on a stream of its own: what the model says
 * that a ledger would have of it, the ledger has once they are committed. What it tells of its agent are readings beside
 * those of the model.
 */
export class DeviceStream {
  readonly #device: ModelDevice;
  readonly #stream: string;
  #next = 1;
  /** Numbers that the model lets arrive later. */
  readonly #overtaken: Numbers[] = [];
  #unsaidLost: [number, number][] = [];
  #missing = 0;
  #refused = 0;
  #told = { version: '', starts: 0, at: Number.NEGATIVE_INFINITY };
  /** Readings that it told of its agent. */
  ofAgent = 0;

  constructor(device: ModelDevice) {
    this.#device = device;
    this.#stream = `model-${device.number}`;
  }

  /** The posts of a step of `stepMs` that ends now; none where nothing got out. */
  posts(step: DeviceStep, now: Timestamp, stepMs: Duration): Post[] {
    const { missing, deadLetters } = this.#device;
    if (step.lost > 0) this.#unsaidLost.push(asRange(this.#take(step.lost)));
    const late = missing - this.#missing - step.gone;
    this.#missing = missing;
    const strays = deadLetters - this.#refused - step.tooEarly;
    this.#refused = deadLetters;
    if (step.posts === 0) return [];
    const returned = late < 0 ? this.#return(-late) : [];
    const fresh = step.delivered + Math.min(0, late);
    // What is never to arrive stands before what does, or nobody would miss it.
    const gone = step.gone > 0 ? this.#take(step.gone) : undefined;
    if (late > 0) this.#overtaken.push(this.#take(late));
    const posts = returned.map((numbers) => this.#post(numbers, now, stepMs));
    if (gone && step.tooEarly > 0) posts.push(...this.#ahead(gone, step.tooEarly, now, stepMs));
    posts.push(this.#latest(fresh, now, stepMs));
    for (let stray = 0; stray < strays; stray++) posts.push({ ...posts.at(-1)!, pref: 'nowhere' });
    return posts;
  }

  /** The device's own post of the step, with what it tells beside its readings. */
  #latest(fresh: number, now: Timestamp, stepMs: Duration): Post {
    const { version, starts, held } = this.#device;
    const told = this.#told;
    const ofAgent: SenmlRecord[] = [];
    if (told.version !== version || told.starts !== starts || now - told.at >= TELL_AGAIN_MS) {
      this.#told = { version, starts, at: now };
      ofAgent.push({ bn: '', n: 'agent/version', vs: version }, { n: 'agent/starts', v: starts });
      this.ofAgent += ofAgent.length;
    }
    const numbers = this.#take(fresh + ofAgent.length);
    const { pack, ...post } = this.#post({ seq: numbers.seq, count: fresh }, now, stepMs);
    const lost = this.#unsaidLost;
    this.#unsaidLost = [];
    const withTime = pack.length === 0 && ofAgent.length > 0 ? [{ ...ofAgent[0], bt: this.#time(now, now) }] : [];
    const rest = withTime.length > 0 ? ofAgent.slice(1) : ofAgent;
    return { ...post, held, ...(lost.length > 0 && { lost }), pack: [...pack, ...withTime, ...rest] };
  }

  #post({ seq, count }: Numbers, now: Timestamp, stepMs: Duration, aheadMs = 0): Post {
    const { region, clock, held } = this.#device;
    const records = Array.from({ length: count }, (_, index) => ({
      ...(index === 0 && { bn: 'field/', bt: this.#time(now + aheadMs, now), bu: 'Cel' }),
      ...{ n: 'temp', v: 20 + (index % 7) },
      t: -Math.round((stepMs * (count - 1 - index)) / (count * 1_000)),
    }));
    return {
      v: WIRE_VERSION,
      pref: region,
      stream: this.#stream,
      ...{ seq, held },
      ...(clock !== 'synced' && { clock }),
      pack: records,
    };
  }

  #ahead({ seq, count }: Numbers, posts: number, now: Timestamp, stepMs: Duration): Post[] {
    const each = Math.ceil(count / posts);
    const parts = Array.from({ length: Math.ceil(count / each) }, (_, part) => part * each);
    return parts.map((from) =>
      this.#post({ seq: seq + from, count: Math.min(each, count - from) }, now, stepMs, AHEAD_MS),
    );
  }

  /** Seconds, as its clock tells them: an age where it trusts no clock. */
  #time(at: Timestamp, now: Timestamp): number {
    return this.#device.clock === 'relative' ? Math.round((at - now) / 1_000) : Math.round(at / 1_000);
  }

  #take(count: number): Numbers {
    const seq = this.#next;
    this.#next += count;
    return { seq, count };
  }

  #return(count: number): Numbers[] {
    const returned: Numbers[] = [];
    for (let rest = count; rest > 0 && this.#overtaken.length > 0; ) {
      const oldest = this.#overtaken.shift()!;
      const some = Math.min(rest, oldest.count);
      returned.push({ seq: oldest.seq, count: some });
      if (some < oldest.count) this.#overtaken.unshift({ seq: oldest.seq + some, count: oldest.count - some });
      rest -= some;
    }
    return returned;
  }
}

function asRange({ seq, count }: Numbers): [number, number] {
  return [seq, seq + count - 1];
}
