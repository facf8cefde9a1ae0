import { encodeEnvelope } from '@tashika/shared/funnel';
import type { Timestamp } from '@tashika/shared/time';
import type { Meaning } from './hub.ts';

/** The stream that the database of these tests refuses to store. */
export const UNSTORABLE_STREAM = 'refused';

/** Bytes on their way to the hub, and what they mean. */
export interface Message {
  readonly body: string;
  readonly meaning: Meaning;
}

/** A device reduced to what the promise needs: it numbers what it takes and can send any of it again. */
export class SimulatedDevice {
  readonly imsi: string;
  readonly region: string;
  readonly #named: boolean;
  #spool = 1;
  #taken: (Timestamp | null)[] = [];
  #lost: [number, number][] = [];

  /** @param named whether Funnel wraps its payloads and names its SIM */
  constructor(number: number, region: string, named: boolean) {
    this.imsi = named ? `29500000000000${number}` : 'unknown';
    this.region = region;
    this.#named = named;
  }

  get stream(): string {
    return `spool-${this.region}-${this.#spool}`;
  }

  /** How many numbers the stream has used. */
  get taken(): number {
    return this.#taken.length;
  }

  /** Takes readings at the given times, and posts them. */
  post(times: readonly Timestamp[], held: number, now: Timestamp): Message {
    const seq = this.#taken.length + 1;
    this.#taken.push(...times);
    return this.#message(this.stream, seq, times, held, now);
  }

  /** Posts what it has taken under the numbers `first` to `last`, packed anew; nothing where it was given up. */
  postAgain(first: number, last: number, held: number, now: Timestamp): Message | undefined {
    const times = this.#taken.slice(first - 1, last);
    const givenUp = times.indexOf(null);
    const whole = (givenUp < 0 ? times : times.slice(0, givenUp)) as Timestamp[];
    return whole.length === 0 ? undefined : this.#message(this.stream, first, whole, held, now);
  }

  /** Takes readings and gives them up; every later post tells so. */
  giveUp(count: number): [number, number] {
    const range: [number, number] = [this.#taken.length + 1, this.#taken.length + count];
    for (let each = 0; each < count; each++) this.#taken.push(null);
    this.#lost.push(range);
    return range;
  }

  /** Tells of numbers that it has sent before that they are lost, as a device does whose spool broke. */
  believeLost(first: number, last: number): void {
    this.#lost.push([first, last]);
  }

  /** Begins a new spool, and with it a new stream. */
  renew(): void {
    this.#spool++;
    this.#taken = [];
    this.#lost = [];
  }

  /** The source talk's own message. */
  talk(now: Timestamp): Message {
    const { imsi, region } = this;
    return {
      body: enveloped({ pref: region }, imsi, now),
      meaning: { is: 'talk', imsi, region, sentAt: now },
    };
  }

  /** A post that can be decoded, and that the database refuses. */
  unstorable(now: Timestamp): Message {
    return this.#message(UNSTORABLE_STREAM, 1, [now], 0, now);
  }

  #message(stream: string, seq: number, times: readonly Timestamp[], held: number, now: Timestamp): Message {
    const { imsi, region } = this;
    const lost = this.#lost.map(([first, last]) => [first, last] as const);
    const readings = times.map((time, index) => ({ time, value: seq + index }));
    const pack = readings.map(({ time, value }) => ({ n: 'count', v: value, t: time / 1000 }));
    const payload = { v: 1, pref: region, stream, seq, held, ...(lost.length > 0 && { lost }), pack };
    return {
      body: this.#named ? enveloped(payload, imsi, now) : JSON.stringify(payload),
      meaning: {
        is: 'post',
        imsi,
        region,
        stream,
        seq,
        readings,
        held,
        lost,
        sentAt: this.#named ? now : null,
        unstorable: stream === UNSTORABLE_STREAM,
      },
    };
  }
}

/** Events that cannot be counted, each with its reason. */
export const POISON: readonly Message[] = [
  { body: 'no JSON', meaning: { is: 'poison', reason: 'invalid-json' } },
  { body: '[1]', meaning: { is: 'poison', reason: 'not-an-object' } },
  { body: '{"hello":1}', meaning: { is: 'poison', reason: 'missing-payload' } },
  {
    body: enveloped({ v: 2, pref: '13' }, '295000000000001', 0),
    meaning: { is: 'poison', reason: 'unsupported-version' },
  },
  { body: enveloped({ pref: 'Atlantis' }, '295000000000001', 0), meaning: { is: 'poison', reason: 'unknown-region' } },
];

function enveloped(payloads: object, imsi: string, timestamp: Timestamp): string {
  return encodeEnvelope({
    operatorId: 'OP0000000000',
    timestamp,
    destination: { provider: 'azure', service: 'eventhubs', resourceUrl: 'sb://hub', payloadsOnly: false },
    credentialsId: 'tashika',
    payloads,
    sourceProtocol: 'http',
    imsi,
  });
}
