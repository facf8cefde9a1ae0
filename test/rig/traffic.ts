import { type Chance, seededChance } from '@tashika/shared/chance';
import { REGIONS } from '@tashika/shared/regions';
import type { Timestamp } from '@tashika/shared/time';
import { envelopeOf } from './envelope.ts';
import { WindowSums } from './window-sums.ts';

/** What one post of a device says, as the device knows it. */
export interface SentPost {
  readonly imsi: string;
  readonly region: string;
  readonly stream: string;
  /** The number of its first reading. */
  readonly seq: number;
  /** When each of its readings was taken. */
  readonly times: readonly Timestamp[];
}

/** A post on its way into a partition of the hub. One post may be two events. */
export interface SentEvent {
  readonly partition: string;
  readonly post: SentPost;
  readonly body: Buffer;
}

export interface TrafficOptions {
  readonly seed: number;
  readonly partitions: number;
  /** Tells the devices of one piece of traffic from those of another with the same seed. Default: 'a'. */
  readonly name?: string;
  /** Default: 40. */
  readonly sims?: number;
  /** Posts of each SIM. Default: 50. */
  readonly posts?: number;
  /** No reading is newer. Default: the minute that has just begun. */
  readonly newest?: Timestamp;
  /** Share of the posts that are there twice, mostly in another partition. Default: 0.05. */
  readonly doubled?: number;
  /** Share of the posts that come after later ones of their device. Default: 0.05. */
  readonly reordered?: number;
}

const MOST_READINGS = 5;
const SPREAD_MS = 600_000;
/** How many posts of its device may overtake a post that is reordered, or its double. */
const OVERTAKEN_BY = 20;

/** The name of the sensor that every device of the traffic has; its value is the reading's own number. */
export const SENSOR = 'count';

/**
 * What the SIMs of a made-up fleet send, in the order in which it reaches the hub: posts of one to five readings,
 * spread over ten minutes and over all partitions, as Funnel deals them out. The same options are the same traffic.
 */
export function traffic(options: TrafficOptions): readonly SentEvent[] {
  const { seed, name = 'a', sims = 40, newest = Math.floor(Date.now() / 60_000) * 60_000 } = options;
  const chance = seededChance(seed, 'traffic', name);
  const events: { readonly event: SentEvent; readonly at: number }[] = [];
  for (let sim = 0; sim < sims; sim++) {
    for (const { post, index } of postsOf(sim, options, newest, chance)) {
      const send = (delay: number) => {
        const partition = String(Math.floor(chance.between(0, options.partitions)));
        events.push({ event: { partition, post, body: bodyOf(post, newest) }, at: index + chance.next() + delay });
      };
      send(chance.happens(options.reordered ?? 0.05) ? chance.between(1, OVERTAKEN_BY) : 0);
      if (chance.happens(options.doubled ?? 0.05)) send(chance.between(0, OVERTAKEN_BY));
    }
  }
  return events.sort((a, b) => a.at - b.at).map(({ event }) => event);
}

function* postsOf(sim: number, { posts = 50 }: TrafficOptions, newest: Timestamp, chance: Chance) {
  const imsi = `29500${String(sim).padStart(10, '0')}`;
  const region = REGIONS[sim % REGIONS.length]!.code;
  const stream = streamIdentity(chance);
  let seq = 1;
  for (let index = 0; index < posts; index++) {
    const readings = 1 + Math.floor(chance.between(0, MOST_READINGS));
    const times = Array.from({ length: readings }, () => Math.floor(newest - chance.between(0, SPREAD_MS)));
    yield { index, post: { imsi, region, stream, seq, times } satisfies SentPost };
    seq += readings;
  }
}

/** 64 bits, base64url. */
function streamIdentity(chance: Chance): string {
  return Buffer.from(Array.from({ length: 8 }, () => Math.floor(chance.between(0, 256)))).toString('base64url');
}

/** The post in wire format v1 and Funnel's envelope. */
export function bodyOf(post: SentPost, timestamp: Timestamp): Buffer {
  const { imsi, region: pref, stream, seq, times } = post;
  const pack = times.map((time, index) => ({ n: SENSOR, v: seq + index, t: time / 1000 }));
  return Buffer.from(envelopeOf(imsi, { v: 1, pref, stream, seq, held: 0, pack }, timestamp));
}

/** What must be known of a stream. */
export interface ExpectedStream {
  readonly received: number;
  /** The highest number received. */
  readonly through: number;
  /** The numbers below it that were not, as ranges. */
  readonly missing: readonly (readonly [number, number])[];
}

/** What events must come to, reckoned apart from the code under test: a reading is the number of its stream. */
export interface Expected {
  /** Readings per (window, region). */
  readonly windows: WindowSums;
  /** Sum of the sensor's values per (window, region). */
  readonly values: WindowSums;
  /** By `imsi/stream`. */
  readonly streams: ReadonlyMap<string, ExpectedStream>;
  readonly events: number;
  readonly posts: number;
  readonly readings: number;
  /** Readings that are there again. */
  readonly duplicates: number;
}

/** @param lengthMs the windows' length; a minute if absent */
export function expectedOf(events: readonly SentEvent[], lengthMs?: number): Expected {
  const windows = new WindowSums(lengthMs);
  const values = new WindowSums(lengthMs);
  const streams = new Map<string, Set<number>>();
  let posts = 0;
  let duplicates = 0;
  for (const { post } of events) {
    const key = `${post.imsi}/${post.stream}`;
    const numbers = streams.get(key) ?? new Set();
    streams.set(key, numbers);
    if (!numbers.has(post.seq)) posts++;
    for (const [index, time] of post.times.entries()) {
      const number = post.seq + index;
      if (numbers.has(number)) {
        duplicates++;
        continue;
      }
      numbers.add(number);
      windows.took(post.region, time);
      values.took(post.region, time, number);
    }
  }
  return {
    windows,
    values,
    streams: new Map([...streams].map(([key, numbers]) => [key, streamOf(numbers)])),
    events: events.length,
    posts,
    readings: windows.total,
    duplicates,
  };
}

function streamOf(numbers: ReadonlySet<number>): ExpectedStream {
  const missing: [number, number][] = [];
  let through = 0;
  for (const number of [...numbers].sort((a, b) => a - b)) {
    if (number > through + 1) missing.push([through + 1, number - 1]);
    through = number;
  }
  return { received: numbers.size, through, missing };
}
