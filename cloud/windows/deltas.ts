import type { DecodedReading } from '@tashika/shared/telemetry';
import type { Timestamp } from '@tashika/shared/time';
import { Sketch } from './sketch.ts';

/** What one sensor adds to a window. */
export interface ValueDelta {
  readonly sensor: string;
  readonly unit: string;
  count: number;
  sum: number;
  min: number;
  max: number;
  readonly sketch: Sketch;
}

/** What a commit adds to one region's window. */
export interface WindowDelta {
  readonly windowEnd: Timestamp;
  readonly region: string;
  readings: number;
  events: number;
  late: number;
  readonly values: Map<string, ValueDelta>;
}

/** What a commit adds to the windows, gathered reading by reading. */
export class WindowDeltas {
  readonly #byEnd = new Map<Timestamp, Map<string, WindowDelta>>();
  /** The window that was added to last: most often the readings of a post share it. */
  #latest: WindowDelta | undefined;

  /** Adds one fresh reading to the window that ends at `end`; `late` if that was final before. */
  addReading(end: Timestamp, region: string, reading: DecodedReading, late: boolean): void {
    const delta = this.#at(end, region);
    delta.readings++;
    if (late) delta.late++;
    if (typeof reading.value === 'number' && !reading.suspect && !reading.sealed)
      addValue(delta.values, reading.name, reading.unit, reading.value);
  }

  /** Adds one post to the window that ends at `end`. */
  addEvent(end: Timestamp, region: string): void {
    this.#at(end, region).events++;
  }

  /** Every window touched, in the order of its key. */
  sorted(): WindowDelta[] {
    const all: WindowDelta[] = [];
    for (const byRegion of this.#byEnd.values()) all.push(...byRegion.values());
    return all.sort((a, b) => a.windowEnd - b.windowEnd || compare(a.region, b.region));
  }

  #at(end: Timestamp, region: string): WindowDelta {
    const latest = this.#latest;
    if (latest?.windowEnd === end && latest.region === region) return latest;
    this.#latest = this.#find(end, region);
    return this.#latest;
  }

  #find(end: Timestamp, region: string): WindowDelta {
    let byRegion = this.#byEnd.get(end);
    if (!byRegion) {
      byRegion = new Map();
      this.#byEnd.set(end, byRegion);
    }
    let delta = byRegion.get(region);
    if (!delta) {
      delta = { windowEnd: end, region, readings: 0, events: 0, late: 0, values: new Map() };
      byRegion.set(region, delta);
    }
    return delta;
  }
}

function addValue(values: Map<string, ValueDelta>, sensor: string, unit: string, value: number): void {
  // The first unit of a sensor is found by the sensor alone. No name and no unit holds a line feed: keys are unique.
  let key = sensor;
  let found = values.get(key);
  if (found && found.unit !== unit) {
    key = `${sensor}\n${unit}`;
    found = values.get(key);
  }
  if (!found) {
    found = { sensor, unit, count: 0, sum: 0, min: value, max: value, sketch: new Sketch() };
    values.set(key, found);
  }
  found.sketch.accept(value);
  found.count++;
  found.sum += value;
  if (value < found.min) found.min = value;
  if (value > found.max) found.max = value;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
