import type { ClockQuality, DecodedReading } from '@tashika/shared/telemetry';
import type { Timestamp } from '@tashika/shared/time';
import { storable } from './text.ts';

/** The latest value of one sensor. */
export interface LastValue {
  readonly value: DecodedReading['value'];
  readonly unit: string;
  /** ISO 8601, UTC. Equal forms compare as times do. */
  readonly time: string;
  /** Whether the device took it for out of the sensor's range. */
  readonly suspect?: true;
  /** Where `value` is a sealed text. */
  readonly sealed?: true;
}

export type LastValues = Readonly<Record<string, LastValue>>;

/** What a commit learnt about one device. */
export interface Sighting {
  readonly imsi: string;
  imei: string | null;
  region: string;
  /** Arrival of its latest post. */
  seenAt: Timestamp;
  clock: ClockQuality | null;
  /** Posts that brought at least one fresh reading. */
  posts: number;
  /** The latest fresh reading of each sensor. */
  readonly readings: Map<string, DecodedReading>;
}

/** A device that names ever new sensors must not grow its row, which is read and written at each of its posts. */
const MOST_SENSORS = 256;
const LONGEST_VALUE = 256;

/** Notes a fresh reading; an older one of the same sensor is passed over. */
export function noteReading(sighting: Sighting, reading: DecodedReading): void {
  if (reading.name === '') return; // the source talk's message measures nothing
  const known = sighting.readings.get(reading.name);
  if (!known || reading.time >= known.time) sighting.readings.set(reading.name, reading);
}

/**
 * `known` with what the device has reported since. By time, so that a replayed reading overwrites nothing newer.
 *
 * @param seal makes a sealed text of a value, as JSON
 */
export function mergeLastValues(
  known: LastValues,
  readings: Iterable<DecodedReading>,
  seal?: (name: string, json: string) => string,
): LastValues {
  const merged: Record<string, LastValue> = { ...known };
  for (const { name, value: given, unit, time, suspect, sealed } of readings) {
    const iso = new Date(time).toISOString();
    const before = merged[name];
    if (before && before.time > iso) continue;
    const value = typeof given === 'string' ? storable(given, LONGEST_VALUE) : given;
    if (sealed && !seal) throw new Error('A value that is to be sealed has nothing to seal it.');
    merged[name] = {
      value: sealed ? seal!(name, JSON.stringify(value)) : value,
      unit,
      time: iso,
      ...(suspect && { suspect }),
      ...(sealed && { sealed }),
    };
  }
  const entries = Object.entries(merged);
  if (entries.length <= MOST_SENSORS) return merged;
  entries.sort(([, a], [, b]) => (a.time < b.time ? 1 : a.time > b.time ? -1 : 0));
  return Object.fromEntries(entries.slice(0, MOST_SENSORS));
}
