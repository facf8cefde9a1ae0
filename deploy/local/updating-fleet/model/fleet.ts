import { seededChance } from '@tashika/shared/chance';
import type { Duration, Timestamp } from '@tashika/shared/time';
import { placesOf } from '../../fleet/places.ts';
import { pick } from './chance.ts';
import { type DeviceStep, ModelDevice } from './device.ts';
import { FIELD, type FieldHabits } from './habits.ts';
import { type SharedOutage, SharedWeather } from './shared-weather.ts';

export interface ModelFleetOptions {
  readonly seed: number;
  readonly devices: number;
  /** When the model begins. */
  readonly at: Timestamp;
  /** Of a step, in ms; minutes. */
  readonly stepMs: Duration;
  /** The version that all have at first. */
  readonly version?: string;
  readonly boards?: readonly { readonly board: string; readonly share: number }[];
  readonly habits?: Partial<FieldHabits>;
  /** Outages beside those by chance. */
  readonly outages?: readonly SharedOutage[];
}

export const BOARDS = [
  { board: 'tashika-rpi4', share: 0.6 },
  { board: 'tashika-rpi5', share: 0.3 },
  { board: 'tashika-zero2', share: 0.1 },
] as const;

/** Devices over the 47 prefectures and some boards, moved on step by step. The same seed tells the same story. */
export class ModelFleet {
  readonly devices: readonly ModelDevice[];
  readonly #stepMs: Duration;
  readonly #weather: SharedWeather;
  #now: Timestamp;

  constructor({
    seed,
    devices,
    at,
    stepMs,
    version = '1.0.0',
    boards = BOARDS,
    habits,
    outages = [],
  }: ModelFleetOptions) {
    const all = { ...FIELD, ...habits };
    const places = placesOf(devices);
    const chance = seededChance(seed, 'boards');
    this.devices = places.map(
      (region, number) => new ModelDevice(seed, number, region, pick(chance, boards).board, version, all, at),
    );
    this.#weather = new SharedWeather(seed, all, [...new Set(places)], at, outages);
    this.#stepMs = stepMs;
    this.#now = at;
  }

  /** The end of the last step. */
  get now(): Timestamp {
    return this.#now;
  }

  /** Moves all devices on by one step; `told` gets what each did. */
  step(told?: (device: ModelDevice, step: DeviceStep) => void): void {
    this.#now += this.#stepMs;
    this.#weather.step(this.#now, this.#stepMs);
    for (const device of this.devices) {
      const step = device.step(this.#now, this.#stepMs, this.#weather.at(device.region, device.cell));
      told?.(device, step);
    }
  }
}
