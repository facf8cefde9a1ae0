import type { RegionCode } from '@tashika/shared/regions';
import { type Post, type SenmlRecord, WIRE_VERSION } from '@tashika/shared/telemetry';
import { datability, type EventTime, eventTime, type Moment, qualityOf } from '../clock/index.ts';
import type { Batch, SpooledReading } from '../spool/index.ts';

/** The post of a batch, sent `now`; all its readings must be of one datability and one region, which goes before `region`. */
export function encodePost(batch: Batch, region: RegionCode, now: Moment): Post {
  const [first] = batch.readings;
  return {
    v: WIRE_VERSION,
    pref: first?.region ?? region,
    stream: batch.stream,
    seq: batch.first,
    held: batch.held,
    ...(batch.lost.length > 0 ? { lost: [...batch.lost] } : {}),
    ...(first ? { clock: qualityOf(datability(first, now.bootId), now) } : {}),
    pack: encodePack(batch.readings, now),
  };
}

type Writable = { -readonly [K in keyof SenmlRecord]: SenmlRecord[K] };

/** A SenML pack that says what its records share only once (RFC 8428, section 4.1): base name, base unit, base time. */
export function encodePack(readings: readonly SpooledReading[], now: Moment): SenmlRecord[] {
  const baseName = sharedPrefix(readings);
  const baseUnit = sharedUnit(readings);
  let baseTime = 0; // in milliseconds; 0: the records that follow are relative to now
  return readings.map((reading, index) => {
    const record: Writable = {};
    if (index === 0 && baseName !== '') record.bn = baseName;
    const time = eventTime(reading, now);
    const base = baseOf(time, baseTime);
    if (base !== baseTime) record.bt = base / 1000;
    baseTime = base;
    if (index === 0 && baseUnit !== '') record.bu = baseUnit;
    const name = reading.name.slice(baseName.length);
    if (name !== '') record.n = name;
    if (reading.unit !== baseUnit) record.u = reading.unit;
    const offset = 'at' in time ? Math.round(time.at) - baseTime : -Math.round(time.ago);
    if (offset !== 0) record.t = offset / 1000;
    if (typeof reading.value === 'number') record.v = reading.value;
    else if (typeof reading.value === 'string') record.vs = reading.value;
    else record.vb = reading.value;
    if (reading.suspect) record.suspect = true;
    return record;
  });
}

/** Absolute times share the first one as their base; an age needs none. */
function baseOf(time: EventTime, base: number): number {
  if ('ago' in time) return 0;
  return base === 0 ? Math.round(time.at) : base;
}

function sharedPrefix(readings: readonly SpooledReading[]): string {
  const [first] = readings;
  if (!first || readings.length < 2) return '';
  let length = first.name.length;
  for (const { name } of readings) while (!name.startsWith(first.name.slice(0, length))) length--;
  return first.name.slice(0, length);
}

/** The most frequent unit. A base unit can't be taken back, so there is none when a reading has no unit. */
function sharedUnit(readings: readonly SpooledReading[]): string {
  if (readings.length < 2) return '';
  const counts = new Map<string, number>();
  for (const { unit } of readings) counts.set(unit, (counts.get(unit) ?? 0) + 1);
  if (counts.has('')) return '';
  let best = '';
  for (const [unit, count] of counts) if (best === '' || count > counts.get(best)!) best = unit;
  return best;
}

/** Bytes that everything but pack and losses may take in a post. */
export const POST_HEAD_BYTES = 256;
/** Bytes that one lost range may take. */
export const LOST_RANGE_BYTES = 36;

/** Bytes that a reading takes in a post, at most. */
export function sizeInPost({ name, unit, value, suspect }: SpooledReading): number {
  const valueBytes = typeof value === 'string' ? Buffer.byteLength(JSON.stringify(value)) : 24;
  const suspectBytes = suspect ? ',"suspect":true'.length : 0;
  const frame = '{"n":"","u":"","t":-1234567890.123,"vs":},'.length;
  return frame + name.length + JSON.stringify(unit).length + valueBytes + suspectBytes;
}
