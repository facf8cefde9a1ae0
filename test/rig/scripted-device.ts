import { resolveRegion } from '@tashika/shared/regions';
import type { Timestamp } from '@tashika/shared/time';
import { bodyOf, type SentEvent } from './traffic.ts';

/** A device whose posts a test writes one by one. It numbers its readings as the agent does. */
export class ScriptedDevice {
  readonly imsi: string;
  readonly region: string;
  readonly stream: string;
  #next = 1;

  constructor(number: number) {
    this.imsi = `29510${String(number).padStart(10, '0')}`;
    this.region = resolveRegion((number % 47) + 1)!;
    this.stream = `scripted-${number}`;
  }

  /** The number of its next reading. */
  get next(): number {
    return this.#next;
  }

  /**
   * A post that goes into `partition`.
   *
   * @param times when each of its readings was taken
   * @param seq the number of the first reading; without, it follows on the highest so far
   */
  post(partition: number, times: readonly Timestamp[], seq = this.#next): SentEvent {
    this.#next = Math.max(this.#next, seq + times.length);
    const { imsi, region, stream } = this;
    const post = { imsi, region, stream, seq, times };
    return { partition: String(partition), post, body: bodyOf(post, Date.now()) };
  }
}
