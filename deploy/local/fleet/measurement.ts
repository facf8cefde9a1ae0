import type { Chance } from '@tashika/shared/chance';
import type { SenmlRecord } from '@tashika/shared/telemetry';
import type { Timestamp } from '@tashika/shared/time';
import { hourInJapan } from './habits.ts';

/** How often a device looks at what changes slowly: once in so many posts. */
const BATTERY_EVERY = 6;
const DOOR_RATE = 0.25;

/** What a device measures at `time`: temperature and humidity always, a door and its battery now and then. */
export function measure(time: Timestamp, post: number, chance: Chance): readonly SenmlRecord[] {
  const afternoon = Math.cos(((hourInJapan(time) - 14) / 24) * 2 * Math.PI);
  const records: SenmlRecord[] = [
    { n: 'temp', u: 'Cel', v: round(16 + 6 * afternoon + chance.between(-1.5, 1.5)) },
    { n: 'hum', u: '%RH', v: round(60 - 15 * afternoon + chance.between(-4, 4)) },
  ];
  if (chance.happens(DOOR_RATE)) records.push({ n: 'door', vb: chance.happens(0.2 + 0.2 * afternoon) });
  if (post % BATTERY_EVERY === 0) records.push({ n: 'batt', u: 'V', v: round(chance.between(3.6, 4.1)) });
  return records;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
