import { type Chance, seededChance } from '@tashika/shared/chance';
import type { RegionCode } from '@tashika/shared/regions';
import { type Post, type SenmlRecord, WIRE_VERSION } from '@tashika/shared/telemetry';
import type { Clock, Duration, TimerHandle, Timestamp } from '@tashika/shared/time';
import type { Account } from './account.ts';
import { activityAt, clockOf, type DeviceClock, type Habits } from './habits.ts';
import type { DeviceState, HeldPost, Journal } from './journal.ts';
import { measure } from './measurement.ts';
import type { Radio } from './radio.ts';

/** What runs on a device where that can be exchanged: it decides what of a measurement is told. */
export interface DeviceAgent {
  /** False while it starts or hangs: nothing is measured then, and nothing posted. */
  readonly running: boolean;
  /** What it tells of a measurement, with what it tells of itself; nothing where it takes none. */
  tell(measured: readonly SenmlRecord[]): readonly SenmlRecord[];
}

/** What every device of a fleet shares. */
export interface Field {
  readonly clock: Clock;
  readonly seed: number;
  readonly habits: Habits;
  /** By day, on average, in ms. */
  readonly intervalMs: Duration;
  /** How many posts each device takes before it is done. */
  readonly postsPerDevice: number;
  /** The wait after a first failure, in ms; it doubles with each further one. */
  readonly retryMs: Duration;
  readonly journal: Journal;
  readonly account: Account;
  readonly radio: Radio;
  /** What runs on the n-th device; without it all run what cannot be exchanged. */
  readonly agentOf?: ((number: number) => DeviceAgent) | undefined;
  /** Told after each post that was taken by Funnel, and when a device is done measuring. */
  readonly onProgress: () => void;
}

/** Posts that a device holds at most; a full one stops measuring, so memory is bounded and nothing taken is lost. */
const MOST_HELD = 360;
/** Waits between tries grow to this many times the first. */
const LONGEST_RETRY_FACTOR = 16;
/**
 * An age becomes a time when Funnel handles the post. Close before a minute's end, the way there could carry a reading
 * into the next minute and the account would differ, so a device that sends ages measures a little later then.
 */
const CLEAR_OF_THE_MINUTE_MS = 5_000;

/** A simulated device: measures on its own schedule, posts in order, tries until each post is taken. */
export class Device {
  readonly #field: Field;
  readonly #number: number;
  readonly #address: string;
  readonly #region: RegionCode;
  readonly #chance: Chance;
  readonly #ownClock: DeviceClock;
  readonly #state: DeviceState;
  readonly #agent: DeviceAgent | undefined;
  readonly #stopping = new AbortController();
  #taken = 0;
  #measuring = true;
  #sending = false;
  #offline: TimerHandle | undefined;
  #next: TimerHandle | undefined;

  constructor(field: Field, number: number, address: string, region: RegionCode) {
    this.#field = field;
    this.#number = number;
    this.#address = address;
    this.#region = region;
    this.#chance = seededChance(field.seed, 'device', number);
    this.#ownClock = clockOf(field.habits, this.#chance);
    this.#state = field.journal.device(number);
    this.#agent = field.agentOf?.(number);
  }

  /** Readings that are not yet taken by Funnel. */
  get heldReadings(): number {
    return this.#state.held.reduce((sum, { records }) => sum + records.length, 0);
  }

  /** Whether it has measured all it should and nothing waits. */
  get done(): boolean {
    return !this.#measuring && this.#state.held.length === 0;
  }

  start(): void {
    this.#wait(this.#chance.between(0, this.#field.intervalMs));
    void this.#send();
  }

  /** Measures no more; what is held is still posted, an outage ends. */
  finish(): void {
    this.#measuring = false;
    this.#next?.cancel();
    this.#offline?.cancel();
    this.#offline = undefined;
    void this.#send();
  }

  /** Stops posting too. */
  stop(): void {
    this.finish();
    this.#stopping.abort();
  }

  #wait(delayMs: Duration): void {
    this.#next = this.#field.clock.after(delayMs, () => this.#wake());
  }

  #wake(): void {
    const { clock, habits, intervalMs, postsPerDevice, onProgress } = this.#field;
    const now = clock.now();
    const untilMinute = 60_000 - (now % 60_000);
    if (this.#ownClock.quality === 'relative' && untilMinute <= CLEAR_OF_THE_MINUTE_MS) {
      this.#wait(untilMinute + this.#chance.between(1, intervalMs / 2));
      return;
    }
    this.#maybeLoseLink();
    if (this.#state.held.length < MOST_HELD && this.#runs) this.#take(now);
    if (this.#taken >= postsPerDevice) {
      this.#measuring = false;
      onProgress();
      return;
    }
    this.#wait((intervalMs / activityAt(habits, now)) * this.#chance.between(0.8, 1.2));
  }

  #take(now: Timestamp): void {
    const { account, journal } = this.#field;
    const measured = measure(now, this.#taken + 1, this.#chance);
    const records = this.#agent ? this.#agent.tell(measured) : measured;
    if (records.length === 0) return;
    if (!journal.hold(this.#number, now, records)) return;
    this.#taken += 1;
    account.add(now + this.#ownClock.skewMs, this.#region, records.length);
    void this.#send();
  }

  get #runs(): boolean {
    return this.#agent?.running ?? true;
  }

  #maybeLoseLink(): void {
    const { clock, habits, intervalMs } = this.#field;
    if (this.#offline || !this.#chance.happens((habits.outagesPerHour * intervalMs) / 3_600_000)) return;
    this.#offline = clock.after(this.#chance.between(...habits.outageMs), () => {
      this.#offline = undefined;
      void this.#send();
    });
  }

  async #send(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    const { clock, habits, journal, retryMs, onProgress } = this.#field;
    let failures = 0;
    let body: Buffer | undefined;
    while (this.#state.held.length > 0 && this.#runs && !this.#offline && !this.#stopping.signal.aborted) {
      // A try again is the same bytes, but for ages, which have grown meanwhile.
      if (body === undefined || this.#ownClock.quality === 'relative') body = this.#encode(this.#state.held[0]!);
      if (await this.#post(body)) {
        if (this.#chance.happens(habits.duplicateRate)) await this.#post(body);
        journal.release(this.#number);
        body = undefined;
        failures = 0;
        onProgress();
      } else {
        const delayMs = retryMs * Math.min(LONGEST_RETRY_FACTOR, 2 ** failures++) * this.#chance.between(0.5, 1);
        await clock.sleep(delayMs, this.#stopping.signal).catch(() => {});
      }
    }
    this.#sending = false;
  }

  #post(body: Buffer): Promise<boolean> {
    return this.#field.radio.post(this.#address, body).then(
      (status) => status === 204,
      () => false,
    );
  }

  #encode({ seq, at, records }: HeldPost): Buffer {
    const { quality, skewMs } = this.#ownClock;
    const time = quality === 'relative' ? at - this.#field.clock.now() : at + skewMs;
    const [first, ...rest] = records;
    const post: Post = {
      v: WIRE_VERSION,
      pref: this.#region,
      stream: this.#state.stream,
      seq,
      held: this.heldReadings - records.length,
      ...(quality === 'synced' ? {} : { clock: quality }),
      pack: [{ bn: 'field/', bt: time / 1_000, ...first }, ...rest],
    };
    return Buffer.from(JSON.stringify(post));
  }
}
