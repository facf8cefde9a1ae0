import { resolveRegion } from '@tashika/shared/regions';
import { describe, expect, it } from 'vitest';
import type { Reading } from './reading.ts';
import { MAX_TEXT_BYTES, refusalOf } from './reading.ts';
import { checksumSeed, MAX_RECORD_BYTES, parseRecords, RecordWriter, recordBytes } from './record.ts';
import { reading } from './testing/open-spool.ts';

const SEED = checksumSeed('stream');

function written(readings: readonly Reading[]): Buffer {
  const writer = new RecordWriter(SEED);
  readings.forEach((each, index) => void writer.add(index + 1, each));
  return Buffer.from(writer.bytes);
}

const sequences = (bytes: Buffer, seed = SEED) =>
  parseRecords(bytes, seed, true).records.map(({ record }) => record.sequence);

/** The bytes of `{ n, 21.5 }`, `text` and `true` as the number 7, 8 and 9 by an agent that knew no more of a reading. */
const FORMER = Buffer.from(
  '1c0000004701fc9a070000000000040100000000000000f03f00000000000000406e00000000008035401800000065e0eacc080000000000010100000000000000f03f00000000000000406e7465787414000000e3e0487d090000000000070100000000000000f03f00000000000000406e',
  'hex',
);

describe('records', () => {
  it('of the former format, which said neither suspect nor priority nor region, are read as they were', () => {
    const readings = parseRecords(FORMER, SEED, true).records.map(({ record }) => record);
    expect(readings).toEqual([
      { ...reading(21.5), sequence: 7 },
      { ...reading('text'), sequence: 8, synced: false },
      { ...reading(true), sequence: 9 },
    ]);
    const again = new RecordWriter(SEED);
    for (const { sequence, ...each } of readings) again.add(sequence, each);
    expect(again.bytes.equals(FORMER)).toBe(true);
  });

  it.each<Partial<Reading>>([
    { suspect: true },
    { priority: 'low' },
    { priority: 'high', suspect: true },
    { region: resolveRegion('01')! },
    { region: resolveRegion('47')!, priority: 'low', synced: false },
  ])('hold %j beside the value', (extra) => {
    for (const value of [21.5, '北海道', '', true, false]) {
      const whole = { ...reading(value), ...extra };
      const bytes = written([whole]);
      expect(bytes.length).toBe(recordBytes(whole));
      expect(parseRecords(bytes, SEED, true).records[0]?.record).toEqual({ ...whole, sequence: 1 });
    }
  });

  it('take the bytes that were reckoned, and at most the largest', () => {
    const region = resolveRegion('13')!;
    const largest = { ...reading('☃'.repeat(MAX_TEXT_BYTES / 4)), name: 'n'.repeat(255), unit: 'u'.repeat(32), region };
    for (const each of [reading(1), reading(true), reading('☃'), largest])
      expect(written([each]).length).toBe(recordBytes(each));
    expect(written([{ ...largest, value: 'x'.repeat(MAX_TEXT_BYTES) }]).length).toBe(MAX_RECORD_BYTES);
  });

  it('are found again behind any single damaged byte, and none is invented', () => {
    const whole = written([reading(1), reading('text'), reading(3)]);
    for (let at = 0; at < whole.length; at++) {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= 0xff;
      const found = sequences(damaged);
      expect(found, `byte ${at}`).toHaveLength(2);
      expect([1, 2, 3]).toEqual(expect.arrayContaining(found));
    }
  });

  it('are read as far as they go when the end is cut anywhere', () => {
    const whole = written([reading(1), reading('text'), reading(3)]);
    const ends = parseRecords(whole, SEED, true).records.map(({ end }) => end);
    for (let length = 0; length <= whole.length; length++) {
      const cut = whole.subarray(0, length);
      expect(sequences(cut)).toHaveLength(ends.filter((end) => end <= length).length);
      expect(parseRecords(cut, SEED, false).damagedBytes).toBe(0);
    }
  });

  it("of another stream are not taken for one's own", () => {
    expect(sequences(written([reading(1)]), checksumSeed('another'))).toEqual([]);
  });
});

describe("the spool's door", () => {
  it.each([
    [{ ...reading(Number.NaN) }, 'finite'],
    [{ ...reading(Number.POSITIVE_INFINITY) }, 'finite'],
    [{ ...reading(1), name: '' }, 'name'],
    [{ ...reading(1), name: '/begins' }, 'name'],
    [{ ...reading(1), name: '温度' }, 'name'],
    [{ ...reading(1), name: 'n'.repeat(256) }, 'name'],
    [{ ...reading(1), unit: '°C' }, 'unit'],
    [{ ...reading(1), unit: 'u'.repeat(33) }, 'unit'],
    [{ ...reading('☃'.repeat(MAX_TEXT_BYTES / 2)) }, 'text'],
    [{ ...reading(1), value: null as unknown as number }, 'number, text'],
  ])('refuses %j', (refused, why) => {
    expect(refusalOf(refused)).toContain(why);
  });

  it.each([0, -0, 1e308, 5e-324, '', 'text', true])('takes %j', (value) => {
    expect(refusalOf(reading(value))).toBeUndefined();
  });
});
