import type { SequenceRange } from '@tashika/shared/sequence';
import { newStream } from '@tashika/shared/telemetry';
import type { Timestamp } from '@tashika/shared/time';
import { SimLine } from './sim-line.ts';

export interface ReceiptedDeviceOptions {
  /** The address that it posts from: its SIM. */
  readonly address: string;
  readonly region: string;
  readonly funnelUrl: string;
  readonly beamUrl: string;
}

/** What the cloud says it has of a stream. */
export interface Receipt {
  readonly stream: string;
  readonly through: number;
  readonly missing: readonly SequenceRange[];
}

/** Readings that go into one post when what is not confirmed is sent again. */
const MOST_READINGS_A_POST = 8;

/**
 * A device that does not take Funnel's 204 for a receipt: it keeps what it took until the cloud itself says, through
 * Beam, that it has it, and sends again what the cloud has not.
 */
export class ReceiptedDevice {
  readonly region: string;
  readonly stream: string = newStream();
  /** Posts that Funnel said it took. */
  posts = 0;
  readonly #options: ReceiptedDeviceOptions;
  readonly #line: SimLine;
  /** What is not confirmed: when each number's reading was taken. In order of the numbers. */
  readonly #spool = new Map<number, Timestamp>();
  #taken = 0;
  /** The highest number that it has posted. */
  #posted = 0;

  constructor(options: ReceiptedDeviceOptions) {
    this.#options = options;
    this.region = options.region;
    this.#line = new SimLine(options.address);
  }

  /** How many readings it took. */
  get taken(): number {
    return this.#taken;
  }

  /** How many of them it keeps, because the cloud has not confirmed them. */
  get unconfirmed(): number {
    return this.#spool.size;
  }

  /** Takes readings and posts them at once, as one post. */
  async report(times: readonly Timestamp[]): Promise<void> {
    const first = this.#taken + 1;
    for (const time of times) this.#spool.set(++this.#taken, time);
    await this.#post(first, times);
  }

  /** Sends again all that is not confirmed, the oldest first. */
  async sendAgain(): Promise<void> {
    for (const [first, times] of this.#runs()) await this.#post(first, times);
  }

  /**
   * Asks what the cloud has, and forgets that. False where no receipt was to be had; then it forgets nothing.
   *
   * @throws Error if the receipt asks for a reading that an earlier one had confirmed
   */
  async confirm(): Promise<boolean> {
    const answer = await this.#ask(`${this.#options.beamUrl}v1/receipts?stream=${this.stream}`);
    if (answer === undefined) return false;
    const { through, missing } = answer;
    const lacking = new Set(missing.flatMap(([first, last]) => numbersOf(first, last)));
    for (const number of lacking)
      if (!this.#spool.has(number)) throw new Error(`${this.stream}: ${number} is missing after it was confirmed`);
    for (const number of [...this.#spool.keys()])
      if (number <= through && !lacking.has(number)) this.#spool.delete(number);
    return true;
  }

  close(): Promise<void> {
    return this.#line.close();
  }

  /** The spool as runs of numbers that follow on each other, each short enough for a post. */
  *#runs(): Generator<[first: number, times: Timestamp[]]> {
    let run: [number, Timestamp[]] | undefined;
    for (const [number, time] of [...this.#spool]) {
      if (run && number === run[0] + run[1].length && run[1].length < MOST_READINGS_A_POST) run[1].push(time);
      else {
        if (run) yield run;
        run = [number, [time]];
      }
    }
    if (run) yield run;
  }

  async #post(seq: number, times: readonly Timestamp[]): Promise<void> {
    const pack = times.map((time, index) => ({ n: 'count', v: seq + index, t: time / 1000 }));
    const { region, stream } = this;
    // What was posted is no longer held, confirmed or not: the cloud has it, or knows that it is missing.
    this.#posted = Math.max(this.#posted, seq + times.length - 1);
    const post = { v: 1, pref: region, stream, seq, held: this.#taken - this.#posted, pack };
    await this.#line.postUntilTaken(this.#options.funnelUrl, post);
    this.posts++;
  }

  /** Undefined while the cloud can't be reached. */
  async #ask(url: string): Promise<Receipt | undefined> {
    const { status, body } = await this.#line.get(url);
    if (status === 200) return JSON.parse(body) as Receipt;
    if (status >= 500) return undefined;
    throw new Error(`Beam answered ${status}: ${body}`);
  }
}

function numbersOf(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
