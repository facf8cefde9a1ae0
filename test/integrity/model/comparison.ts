import { readStreams, regionCompleteness } from '@tashika/cloud/ledger';
import type { Store } from '@tashika/cloud/store';
import type { SequenceRanges } from '@tashika/shared/sequence';
import type { Clock } from '@tashika/shared/time';
import { expect } from 'vitest';
import { type Delivery, distinctReadings } from './distinct.ts';
import { brokenBetween, brokenIn, type Look } from './invariants.ts';
import type { Model, Settings } from './model.ts';
import { lookAt, type Shown, type ShownStream } from './shown.ts';

const ALL_RANGES = 1000;

/** Compares what the store shows with the model, with what it showed before, and in the end with what was sent. */
export class Comparison {
  readonly #store: Store;
  readonly #settings: Settings;
  readonly #model: Model;
  #before: Look | undefined;

  constructor(store: Store, settings: Settings, model: Model) {
    this.#store = store;
    this.#settings = settings;
    this.#model = model;
  }

  /** After each step. */
  async compare(): Promise<void> {
    const { lengthMs, hopMs = lengthMs } = this.#settings;
    const look = await lookAt(this.#store);
    const broken = [...(this.#before ? brokenBetween(this.#before, look) : []), ...brokenIn(look, lengthMs / hopMs)];
    this.#before = look;
    const wrong = [...broken, ...differences(look.shown, this.#model.shows())];
    if (wrong.length > 0) throw new Error(wrong.join('\n'));
  }

  /** When everything has been read: the sums are those of a set, and the ledger tells what the devices miss. */
  async compareAtTheEnd(deliveries: Iterable<Delivery>, clock: Clock): Promise<Shown> {
    const { shown } = this.#before!;
    const readings = distinctReadings(deliveries, this.#settings);
    const partitions = Object.values(shown.partitions);
    const received = partitions.reduce((total, partition) => total + partition.readings + partition.dropped, 0);
    expect(received, 'how many readings were received').toBe(readings.length);
    if (this.#settings.policy === 'revise') expect(sumsOf(shown), 'the sums').toEqual(this.#sumsByOwnTime(readings));

    const streams = await readStreams(this.#store, Object.keys(shown.devices), ALL_RANGES);
    const missing = streams.map(({ imsi, stream, missing: ranges }) => [`${imsi}/${stream}`, numbersOf(ranges)]);
    expect(Object.fromEntries(missing), 'what is missing').toEqual(this.#model.missing());
    const { total } = await regionCompleteness(this.#store, clock)();
    expect(total, 'how complete it is').toEqual(this.#completeness(shown));
    return shown;
  }

  /** Readings by window and region, each in the windows of the time at which it was taken. */
  #sumsByOwnTime(readings: ReturnType<typeof distinctReadings>): Record<string, number> {
    const { lengthMs, hopMs = lengthMs } = this.#settings;
    const sums: Record<string, number> = {};
    for (const { region, time } of readings)
      for (let end = Math.ceil(time / hopMs) * hopMs; end < time + lengthMs; end += hopMs) {
        const key = `${new Date(end).toISOString()} ${region}`;
        sums[key] = (sums[key] ?? 0) + 1;
      }
    return sums;
  }

  /** Received ÷ (received + missing + held + lost). */
  #completeness({ streams, devices }: Shown) {
    const sum = (of: (stream: ShownStream) => number) =>
      Object.values(streams).reduce((total, stream) => total + of(stream), 0);
    const received = sum((stream) => stream.received.length);
    const missing = Object.values(this.#model.missing()).flat().length;
    const held = sum((stream) => stream.held);
    const lost = sum((stream) => stream.lost.length);
    const all = received + missing + held + lost;
    const completeness = all === 0 ? 1 : received / all;
    return { devices: Object.keys(devices).length, received, missing, held, lost, completeness };
  }
}

/** Where two plain values differ; sentences. */
function differences(shown: unknown, modelled: unknown, place = 'the store'): string[] {
  if (isRecord(shown) && isRecord(modelled)) {
    const keys = new Set([...Object.keys(shown), ...Object.keys(modelled)]);
    return [...keys].flatMap((key) => differences(shown[key], modelled[key], `${place}.${key}`));
  }
  const [is, shouldBe] = [JSON.stringify(shown), JSON.stringify(modelled)];
  return is === shouldBe ? [] : [`${place} shows ${is}, the model ${shouldBe}`];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sumsOf({ windows }: Shown): Record<string, number> {
  return Object.fromEntries(Object.entries(windows).map(([key, { readings }]) => [key, readings]));
}

function numbersOf(ranges: SequenceRanges): number[] {
  return ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, index) => first + index));
}
