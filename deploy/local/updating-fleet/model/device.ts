import { type Chance, seededChance } from '@tashika/shared/chance';
import type { Duration, Timestamp } from '@tashika/shared/time';
import { hourInJapan } from '../../fleet/habits.ts';
import { normal, pick, poisson, waitFor } from './chance.ts';
import type { FieldHabits } from './habits.ts';
import type { ImageEffect } from './image.ts';
import { CELLS, coversAny, type LocalWeather, wander } from './shared-weather.ts';

/** What a device did in a step. */
export interface DeviceStep {
  /** Readings that it numbered. */
  readonly taken: number;
  /** Readings that reached the cloud, of this step and of those before. */
  readonly delivered: number;
  /** Numbered readings that never will: the numbers are missing. */
  readonly gone: number;
  /** Readings that it gave up and told so. */
  readonly lost: number;
  /** Posts that arrived; of them so many with times too far ahead. */
  readonly posts: number;
  readonly tooEarly: number;
  readonly starts: number;
}

export type ClockQuality = 'synced' | 'relative' | 'uncertain';

const MINUTE: Duration = 60_000;
const HOUR: Duration = 60 * MINUTE;
/** Of an installation: the agent, or all of the device, is away for so long. */
const AWAY_MS: readonly [Duration, Duration] = [3 * MINUTE, 12 * MINUTE];
const IDLE: DeviceStep = { taken: 0, delivered: 0, gone: 0, lost: 0, posts: 0, tooEarly: 0, starts: 0 };

/**
 * A device over days, in steps of minutes: it measures with a rhythm of its own, loses its link and replays, is started
 * anew, has its clock's habits, and dies at last. Its totals are what a ledger would have of it. What it does by chance
 * is its own: an image on one device changes no other.
 */
export class ModelDevice {
  readonly number: number;
  readonly imsi: string;
  readonly controllerId: string;
  readonly region: string;
  readonly board: string;
  version: string;

  /** Totals, as the cloud has them. */
  received = 0;
  missing = 0;
  lost = 0;
  held = 0;
  posts = 0;
  deadLetters = 0;
  starts = 1;
  lastSeen: Timestamp;
  clock: ClockQuality;
  /** By its latest post: its version, and how often its agent was started. */
  toldVersion: string;
  toldStarts = 1;

  /** Readings that wait in the spool. */
  spooled = 0;

  readonly #habits: FieldHabits;
  readonly #chance: Chance;
  /** Which of its region's cells it is on. */
  readonly cell: number;
  readonly #perHour: number;
  readonly #night: number;
  readonly #startsPerDay: number;
  readonly #postEveryMs: Duration;
  readonly #usualClock: ClockQuality;
  readonly #drift: { level: number; readonly chance: Chance };
  #effect: ImageEffect = {};
  #installedAt: Timestamp = 0;
  #silentAt = Number.POSITIVE_INFINITY;
  #sensors = 1;
  #nextPost: Timestamp;
  #outage: { from: Timestamp; until: Timestamp };
  #congested: { from: Timestamp; until: Timestamp };
  #overtaken: { readings: number; until: Timestamp } | undefined;
  #clockLost: { from: Timestamp; until: Timestamp };
  #flapping = 0;
  #startAt: Timestamp;
  #deathAt: Timestamp;
  #faultAt: Timestamp;
  #lossAt: Timestamp;
  #overtakingAt: Timestamp;
  #strayAt: Timestamp;

  constructor(
    seed: number,
    number: number,
    region: string,
    board: string,
    version: string,
    habits: FieldHabits,
    at: Timestamp,
  ) {
    this.number = number;
    this.imsi = `29505${String(number).padStart(10, '0')}`;
    this.controllerId = `device-${String(number).padStart(5, '0')}`;
    this.region = region;
    this.board = board;
    this.version = version;
    this.toldVersion = version;
    this.lastSeen = at;
    this.#habits = habits;
    const chance = seededChance(seed, 'model', number);
    this.#chance = chance;
    this.cell = Math.floor(chance.next() * CELLS);
    this.#perHour = habits.readingsPerHour * Math.exp(habits.readingsSpread * normal(chance));
    this.#night = pick(chance, habits.nights).activity;
    this.#postEveryMs = pick(chance, habits.posting).everyMs;
    // A gamma of shape 2 is the sum of two exponentials.
    this.#startsPerDay = (-habits.startsPerDay / 2) * Math.log((1 - chance.next()) * (1 - chance.next()));
    const clock = chance.next();
    this.#usualClock =
      clock < habits.relativeShare
        ? 'relative'
        : clock < habits.relativeShare + habits.uncertainShare
          ? 'uncertain'
          : 'synced';
    this.clock = this.#usualClock;
    this.#drift = { level: habits.drift * normal(chance), chance };
    this.#nextPost = at + chance.between(0, this.#postEveryMs);
    const never = { from: Number.POSITIVE_INFINITY, until: Number.POSITIVE_INFINITY };
    this.#outage = { ...never };
    this.#congested = { ...never };
    this.#clockLost = { ...never };
    this.#planOutage(at);
    this.#planCongestion(at);
    this.#planClockLoss(at);
    this.#startAt = at + waitFor(chance, this.#startsPerDay);
    this.#deathAt = at + waitFor(chance, habits.deathsPerDay);
    this.#faultAt = at + waitFor(chance, habits.sensorFaultsPerDay);
    this.#lossAt = at + waitFor(chance, habits.lossesPerDay);
    this.#overtakingAt = at + waitFor(chance, habits.overtakingPerDay);
    this.#strayAt = at + waitFor(chance, habits.strayDeadLettersPerDay);
  }

  /** Whether it will never be heard again. */
  isDead(at: Timestamp): boolean {
    return at >= this.#deathAt;
  }

  /** Runs `version` from `at` on: away for some minutes, started once more, and then as the image is. */
  install(version: string, effect: ImageEffect, at: Timestamp): void {
    const concerned = !effect.only || (effect.only.region === this.region && effect.only.board === this.board);
    this.version = version;
    this.#effect = concerned ? effect : {};
    this.#installedAt = at;
    const { silentAfterMs } = this.#effect;
    this.#silentAt =
      silentAfterMs === undefined ? Number.POSITIVE_INFINITY : at + silentAfterMs * this.#chance.between(0.95, 1.05);
    const away = this.#chance.between(...AWAY_MS);
    if (this.#outage.from > at + away) this.#outage = { from: at, until: at + away };
    else this.#outage.until = Math.max(this.#outage.until, at + away);
    this.starts += 1;
    // What is to come by chance comes sooner, too.
    this.#startAt = at + Math.max(0, this.#startAt - at) / (this.#effect.starts ?? 1);
  }

  /** Moves on by `stepMs`, to `until`. */
  step(until: Timestamp, stepMs: Duration, weather: LocalWeather): DeviceStep {
    const from = until - stepMs;
    if (from >= this.#deathAt || from >= this.#silentAt) return IDLE;
    const starts = this.#restart(until);
    const taken = this.#take(until, stepMs, weather);
    const lost = this.#lose(until);
    const sending = this.#post(until, taken, weather);
    this.#tellClock(from, until, sending.posts > 0);
    const { delivered, gone, posts, tooEarly } = sending;
    return { taken, lost, starts, delivered, gone, posts, tooEarly };
  }

  #take(until: Timestamp, stepMs: Duration, weather: LocalWeather): number {
    const { drift, driftMs } = this.#habits;
    wander(this.#drift, stepMs / driftMs, drift);
    if (until >= this.#faultAt) {
      this.#sensors /= 2;
      this.#faultAt = Number.POSITIVE_INFINITY;
    }
    const activity = 1 + (this.#night - 1) * nightness(until - stepMs / 2);
    const mean =
      this.#perHour *
      (stepMs / HOUR) *
      activity *
      this.#sensors *
      Math.exp(this.#drift.level) *
      weather.activity *
      (this.#effect.takes ?? 1);
    const taken = poisson(this.#chance, mean);
    this.spooled += taken;
    return taken;
  }

  #lose(until: Timestamp): number {
    let lost = Math.max(0, this.spooled - this.#habits.spoolReadings);
    if (until >= this.#lossAt) {
      lost += Math.min(this.spooled - lost, Math.round(this.#chance.between(1, 100)));
      this.#lossAt = until + waitFor(this.#chance, this.#habits.lossesPerDay);
    }
    this.spooled -= lost;
    this.lost += lost;
    return lost;
  }

  /** Posts when it is due and the link is up; answers what arrived. */
  #post(until: Timestamp, taken: number, weather: LocalWeather) {
    const end = Math.min(until, this.#deathAt, this.#silentAt);
    let posts = 0;
    if (this.#outage.from > end && weather.outages.length === 0) {
      // Nothing is in the way of any: no need to look at each.
      posts = Math.max(0, Math.floor((end - this.#nextPost) / this.#postEveryMs) + 1);
      if (posts > 0) {
        this.lastSeen = this.#nextPost + (posts - 1) * this.#postEveryMs;
        this.#nextPost = this.lastSeen + this.#postEveryMs * this.#chance.between(0.9, 1.1);
      }
    } else
      for (; this.#nextPost <= end; this.#nextPost += this.#postEveryMs * this.#chance.between(0.9, 1.1)) {
        if (this.#isOut(this.#nextPost) || coversAny(weather.outages, this.#nextPost)) continue;
        posts += 1;
        this.lastSeen = this.#nextPost;
      }
    if (until >= this.#outage.until) this.#planOutage(this.#outage.until);
    const sending = { delivered: 0, gone: 0, posts, tooEarly: 0 };
    if (posts === 0) return sending;
    const { drain, overtakingPerDay, strayDeadLettersPerDay } = this.#habits;
    const narrow = this.#congested.from <= until && until < this.#congested.until ? 0.4 : 1;
    if (until >= this.#congested.until) this.#planCongestion(until);
    const most =
      narrow < 1 || this.#effect.sends !== undefined
        ? taken * narrow * (this.#effect.sends ?? 1)
        : Math.max(100, drain * taken);
    let out = Math.min(this.spooled, Math.ceil(most));
    this.spooled -= out;
    if (this.#effect.loses) {
      sending.gone = Math.round(out * this.#effect.loses);
      out -= sending.gone;
    }
    if (this.#effect.clock === 'ahead' && until >= this.#installedAt + (this.#effect.clockAfterMs ?? 0)) {
      sending.tooEarly = poisson(this.#chance, posts / 3);
      const refused = Math.min(out, Math.round((out * sending.tooEarly) / posts));
      sending.gone += refused;
      out -= refused;
    }
    this.missing += sending.gone;
    if (this.#overtaken && until >= this.#overtaken.until) {
      out += this.#overtaken.readings;
      this.missing -= this.#overtaken.readings;
      this.#overtaken = undefined;
    }
    if (!this.#overtaken && until >= this.#overtakingAt) {
      const readings = Math.round(out * this.#chance.between(0.05, 0.5));
      out -= readings;
      this.missing += readings;
      this.#overtaken = { readings, until: until + this.#chance.between(0, 30 * MINUTE) };
      this.#overtakingAt = until + waitFor(this.#chance, overtakingPerDay);
    }
    if (until >= this.#strayAt) {
      this.deadLetters += 1;
      this.#strayAt = until + waitFor(this.#chance, strayDeadLettersPerDay);
    }
    sending.delivered = out;
    this.received += out;
    this.held = this.spooled;
    this.toldVersion = this.version;
    this.toldStarts = this.starts;
    this.posts += posts;
    this.deadLetters += sending.tooEarly;
    return sending;
  }

  #restart(until: Timestamp): number {
    let starts = 0;
    const { flapping } = this.#habits;
    while (this.#startAt <= until) {
      starts += 1;
      if (this.#flapping > 0) this.#flapping -= 1;
      else if (this.#chance.happens(flapping)) this.#flapping = Math.round(this.#chance.between(3, 9));
      this.#startAt +=
        this.#flapping > 0
          ? this.#chance.between(2 * MINUTE, 20 * MINUTE)
          : waitFor(this.#chance, this.#startsPerDay * (this.#effect.starts ?? 1));
      if (this.#chance.happens(0.05) && this.#clockLost.from > until)
        this.#clockLost = { from: until, until: until + this.#chance.between(MINUTE, 30 * MINUTE) };
    }
    this.starts += starts;
    return starts;
  }

  #tellClock(from: Timestamp, until: Timestamp, told: boolean): void {
    const { clock, clockAfterMs = 0 } = this.#effect;
    const wrong = clock === 'uncertain' && until >= this.#installedAt + clockAfterMs;
    const away = this.#clockLost.from <= until && from < this.#clockLost.until;
    if (until >= this.#clockLost.until) this.#planClockLoss(until);
    if (told) this.clock = wrong || away ? 'uncertain' : this.#usualClock;
  }

  #isOut(time: Timestamp): boolean {
    return this.#outage.from <= time && time < this.#outage.until;
  }

  #planOutage(at: Timestamp): void {
    const { outagesPerDay, outageMs, outageSpread } = this.#habits;
    const from = at + waitFor(this.#chance, outagesPerDay);
    this.#outage = { from, until: from + outageMs * Math.exp(outageSpread * normal(this.#chance)) };
  }

  #planCongestion(at: Timestamp): void {
    const from = at + waitFor(this.#chance, this.#habits.congestionsPerDay);
    this.#congested = { from, until: from + this.#chance.between(30 * MINUTE, 3 * HOUR) };
  }

  #planClockLoss(at: Timestamp): void {
    const from = at + waitFor(this.#chance, this.#habits.clockLossesPerDay);
    this.#clockLost = { from, until: from + this.#chance.between(10 * MINUTE, 2 * HOUR) };
  }
}

/** 1 in the middle of the night (2 o'clock in Japan), 0 by day, softly between. */
function nightness(time: Timestamp): number {
  return Math.max(0, Math.cos(((hourInJapan(time) - 2) / 12) * Math.PI));
}
