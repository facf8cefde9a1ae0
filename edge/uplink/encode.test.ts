import { resolveRegion } from '@tashika/shared/regions';
import { decodePayload } from '@tashika/shared/telemetry';
import { describe, expect, it } from 'vitest';
import type { Moment } from '../clock/index.ts';
import type { Batch, SpooledReading } from '../spool/index.ts';
import { encodePack, encodePost, sizeInPost } from './encode.ts';

const NOW: Moment = { bootId: 'this', monotonicMs: 500_000, wallMs: 1_653_891_795_421, synced: true };
const TOKYO = resolveRegion('13')!;

function reading(change: Partial<SpooledReading> = {}): SpooledReading {
  return {
    sequence: 1,
    name: 'gpio/temp',
    unit: 'Cel',
    value: 21.5,
    bootId: 'this',
    monotonicMs: 499_000,
    wallMs: NOW.wallMs - 1_000,
    synced: true,
    ...change,
  };
}

function post(readings: SpooledReading[], now = NOW) {
  const told = { held: 3, through: 6 + readings.length, lost: [[2, 4]] as const };
  const batch: Batch = { stream: 'q3Zb81xK0dE', first: 7, readings, ...told, full: false, backlog: false };
  const encoded = encodePost(batch, TOKYO, now);
  const decoded = decodePayload(JSON.parse(JSON.stringify(encoded)), now.wallMs);
  if (!decoded.ok) throw new Error(decoded.detail);
  return { encoded, decoded: decoded.value };
}

describe('a post', () => {
  it('is understood by the cloud as it was meant', () => {
    const { decoded } = post([
      reading({ wallMs: 1_653_891_000_001 }),
      reading({ name: 'gpio/door', unit: '', value: true, wallMs: 1_653_891_000_000 }),
      reading({ name: 'nmea', unit: '', value: '"☃"', wallMs: 1_653_891_000_999 }),
      reading({ name: 'load', unit: '/', value: -1.5e-7, wallMs: 1_653_891_700_123.4 }),
    ]);
    expect(decoded).toEqual({
      region: '13',
      stream: 'q3Zb81xK0dE',
      seq: 7,
      held: 3,
      lost: [[2, 4]],
      clock: 'synced',
      readings: [
        { name: 'gpio/temp', unit: 'Cel', value: 21.5, time: 1_653_891_000_001 },
        { name: 'gpio/door', unit: '', value: true, time: 1_653_891_000_000 },
        { name: 'nmea', unit: '', value: '"☃"', time: 1_653_891_000_999 },
        { name: 'load', unit: '/', value: -1.5e-7, time: 1_653_891_700_123 },
      ],
    });
  });

  it("bears the region that its readings were taken in, and the agent's where they say none", () => {
    const region = resolveRegion('14')!;
    expect(post([reading({ region }), reading({ region })]).decoded.region).toBe('14');
    expect(post([reading()]).decoded.region).toBe('13');
  });

  it('marks a suspect reading, and no other', () => {
    const [suspect, other] = encodePack([reading({ suspect: true }), reading()], NOW);
    expect(suspect).toMatchObject({ v: 21.5, suspect: true });
    expect(other).not.toHaveProperty('suspect');
  });

  it('says what its records share only once', () => {
    const pack = encodePack([reading(), reading({ name: 'gpio/case', wallMs: NOW.wallMs - 500 })], NOW);
    expect(pack).toEqual([
      { bn: 'gpio/', bt: (NOW.wallMs - 1_000) / 1_000, bu: 'Cel', n: 'temp', v: 21.5 },
      { n: 'case', t: 0.5, v: 21.5 },
    ]);
  });

  it('sends ages while the clock is not trusted', () => {
    const { encoded, decoded } = post([reading({ synced: false, wallMs: 5 })], { ...NOW, synced: false });
    expect(encoded).toMatchObject({ clock: 'relative', pack: [{ n: 'gpio/temp', t: -1 }] });
    expect(encoded.pack[0]).not.toHaveProperty('bt');
    expect(decoded.readings[0]?.time).toBe(NOW.wallMs - 1_000);
  });

  it('times readings of before NTP once the clock is right', () => {
    const { decoded } = post([reading({ synced: false, wallMs: 5, monotonicMs: 100_000 })]);
    expect(decoded).toMatchObject({ clock: 'synced', readings: [{ time: NOW.wallMs - 400_000 }] });
  });

  it('marks what another boot without a clock measured, and never sends it as a time to come or as an age', () => {
    const other = { bootId: 'other', synced: false };
    const { decoded } = post([
      reading({ ...other, wallMs: NOW.wallMs - 86_400_000 }),
      reading({ ...other, wallMs: NOW.wallMs + 86_400_000 }),
      reading({ ...other, wallMs: 60_000 }),
      reading({ ...other, wallMs: NOW.wallMs - 86_000_000 }),
    ]);
    expect(decoded.clock).toBe('uncertain');
    expect(decoded.readings.map(({ time }) => time - NOW.wallMs)).toEqual([-86_400_000, 0, 0, -86_000_000]);
  });

  it('never takes more bytes than were reckoned', () => {
    const awkward = [
      reading({
        name: 'n'.repeat(255),
        unit: '"\\"',
        value: -1.7976931348623157e308,
        synced: false,
        monotonicMs: -9e8,
        suspect: true,
      }),
      reading({ value: '\u0001"\\☃'.repeat(50) }),
      reading({ value: false, unit: '' }),
    ];
    for (const each of awkward) {
      const [record] = encodePack([reading({ unit: '' }), each], { ...NOW, synced: false }).slice(1);
      expect(JSON.stringify(record).length).toBeLessThanOrEqual(sizeInPost(each));
    }
  });
});
