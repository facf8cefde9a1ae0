import { describe, expect, it } from 'vitest';
import { isOpen, isTimeZone } from './maintenance.ts';

const at = (time: string) => Date.parse(`2026-01-31T${time}:00Z`);

describe('a maintenance window', () => {
  it("is by the device's own clock on the wall", () => {
    const night = { from: '02:00', to: '04:00' };
    // 02:30 in Tokyo is 17:30 UTC of the day before, in Berlin 01:30 UTC.
    expect([isOpen(night, 'Asia/Tokyo', at('17:30')), isOpen(night, 'Europe/Berlin', at('17:30'))]).toEqual([
      true,
      false,
    ]);
    expect([isOpen(night, 'Asia/Tokyo', at('01:30')), isOpen(night, 'Europe/Berlin', at('01:30'))]).toEqual([
      false,
      true,
    ]);
    expect(isOpen({ ...night, timeZone: 'Europe/Berlin' }, 'Asia/Tokyo', at('01:30'))).toBe(true);
  });

  it('is open from its first minute to the one before its last', () => {
    const night = { from: '02:00', to: '04:00' };
    expect(['01:59', '02:00', '03:59', '04:00'].map((time) => isOpen(night, 'UTC', at(time)))).toEqual([
      ...[false, true, true, false],
    ]);
  });

  it('may span midnight, and never opens where it ends as it begins', () => {
    const night = { from: '23:00', to: '01:00' };
    expect(['22:59', '23:00', '00:00', '00:59', '01:00'].map((time) => isOpen(night, 'UTC', at(time)))).toEqual([
      ...[false, true, true, true, false],
    ]);
    expect(isOpen({ from: '02:00', to: '02:00' }, 'UTC', at('02:00'))).toBe(false);
  });

  it('moves with summer time', () => {
    const july = Date.parse('2026-07-01T00:30:00Z');
    expect(isOpen({ from: '02:00', to: '04:00' }, 'Europe/Berlin', july)).toBe(true);
  });

  it('knows time zones from what is none', () => {
    expect(['Asia/Tokyo', 'UTC', 'Mars/Olympus', '', '../etc'].map(isTimeZone)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});
