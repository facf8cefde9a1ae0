import { type Chance, seededChance } from '@tashika/shared/chance';
import type { Timestamp } from '@tashika/shared/time';
import { type Judged, judge } from '../judge.ts';
import type { DeviceRound, GateRound, GateSettings } from '../signal.ts';
import { BLANK } from '../state.ts';

const ROUND_MS = 600_000;
const HOUR_MS = 3_600_000;
export const SETTINGS: GateSettings = {
  falseHalts: 0.01,
  leastDevices: 1,
  version: '1.5.0',
  sampleMs: ROUND_MS,
  soakMs: 12 * HOUR_MS,
  mostFailed: 0.2,
};

/** What a test makes of a device's round. */
export type Trouble = (
  device: DeviceRound,
  about: {
    readonly number: number;
    readonly round: number;
    readonly updated: boolean;
    readonly hours: number;
    readonly chance: Chance;
  },
) => Partial<DeviceRound> | undefined;

/**
 * A fleet in rounds, for tests: 40 devices in each of the regions 13, 14 and 27, every fourth with the other board, 60
 * readings and 5 posts a round. Of a day they are learned; then the first `canary` of them are updated.
 */
export class SampleRounds {
  judged: Judged = { state: BLANK, signals: [], verdict: { verdict: 'watching' } };
  /** Everything that was said since the update. */
  readonly said: Judged[] = [];
  now: Timestamp = Date.UTC(2026, 5, 1);
  readonly #chance: Chance;
  readonly #canary: ReadonlySet<number>;
  readonly #lastSeen: Timestamp[];
  readonly #trouble: Trouble;
  #updatedAt: Timestamp | undefined;

  constructor(canary: readonly number[], trouble: Trouble, seed = 1) {
    this.#canary = new Set(canary);
    this.#trouble = trouble;
    this.#chance = seededChance('rounds', seed);
    this.#lastSeen = Array.from({ length: 120 }, () => this.now);
    this.#play(144);
    this.#updatedAt = this.now;
  }

  /** Plays on until the gate says `bad`, for `hours` at most. */
  watch(hours: number, settings: Partial<GateSettings> = {}): Judged {
    for (let round = 0; round < hours * 6 && this.judged.verdict.verdict !== 'bad'; round++) {
      this.#play(1, settings);
      this.said.push(this.judged);
    }
    return this.judged;
  }

  /** Rounds in which nobody sampled: the next one is so many times as long. */
  next(rounds = 1): GateRound {
    const roundMs = rounds * ROUND_MS;
    this.now += roundMs;
    const devices = this.#lastSeen.map((_, number) => this.#deviceOf(number, roundMs));
    return { round: this.now / ROUND_MS, at: this.now, roundMs, devices };
  }

  /** A signal as it stands. */
  signal(name: string) {
    return this.judged.signals.find(({ signal }) => signal === name)!;
  }

  #play(rounds: number, settings: Partial<GateSettings> = {}): void {
    for (let round = 0; round < rounds; round++)
      this.judged = judge(this.judged.state, this.next(), { ...SETTINGS, ...settings });
  }

  #deviceOf(number: number, roundMs: number): DeviceRound {
    const rounds = roundMs / ROUND_MS;
    const updated = this.#updatedAt !== undefined && this.#canary.has(number);
    const usual: DeviceRound = {
      controllerId: `d${number}`,
      region: ['13', '14', '27'][number % 3]!,
      board: Math.floor(number / 3) % 4 === 0 ? 'rpi5' : 'rpi4',
      updatedAt: updated ? this.#updatedAt! : undefined,
      readings: Math.round(60 * rounds + this.#chance.between(-10, 10)),
      gone: 0,
      posts: 5 * rounds,
      deadLetters: 0,
      held: 0,
      lastSeen: this.now - 60_000,
      clock: 'synced',
      starts: this.#chance.happens(0.005) ? 1 : 0,
      agentVersion: updated ? '1.5.0' : '1.4.0',
    };
    const hours = this.#updatedAt === undefined ? -1 : (this.now - this.#updatedAt) / HOUR_MS;
    const device = {
      ...usual,
      ...this.#trouble(usual, { number, round: this.now / ROUND_MS, updated, hours, chance: this.#chance }),
    };
    if (device.posts > 0) this.#lastSeen[number] = device.lastSeen;
    return device.posts > 0 ? device : { ...device, readings: 0, starts: 0, lastSeen: this.#lastSeen[number]! };
  }
}
