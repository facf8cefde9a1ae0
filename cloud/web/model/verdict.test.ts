import { describe, expect, it } from 'vitest';
import type { Balance } from './devices.ts';
import type { MinutePoint } from './series.ts';
import { verdictOn } from './verdict.ts';

const settled: Balance = { devices: 9, unheard: 0, unnumbered: 0, received: 900, missing: 0, held: 0, lost: 0 };
const point: MinutePoint = { end: 0, readings: 30, late: 0, revision: 0, state: 'final' };
const certaintyWith = (balance: Partial<Balance>) => verdictOn(point, 40, { ...settled, ...balance }, true).certainty;

describe('a count', () => {
  it('is certain when all devices were heard since and owe nothing', () => {
    expect(certaintyWith({})).toBe('certain');
  });

  it('is unsettled while a device is unheard, holds readings, or some are missing', () => {
    expect(certaintyWith({ unheard: 1 })).toBe('unsettled');
    expect(certaintyWith({ held: 1 })).toBe('unsettled');
    expect(certaintyWith({ missing: 1 })).toBe('unsettled');
    expect(certaintyWith({ held: 1, lost: 3 })).toBe('unsettled');
  });

  it('is short when devices gave readings up', () => {
    expect(certaintyWith({ lost: 1, unnumbered: 1 })).toBe('short');
  });

  it('cannot be verified when a device numbers nothing', () => {
    expect(certaintyWith({ unnumbered: 1 })).toBe('unverifiable');
  });

  it('cannot be verified by some of the devices', () => {
    expect(verdictOn(point, 40, settled, false).certainty).toBe('unverifiable');
    expect(verdictOn(point, 40, { ...settled, held: 3 }, false).certainty).toBe('unsettled');
  });

  it('is unknown where no device has reported', () => {
    expect(certaintyWith({ devices: 0 })).toBe('unknown');
  });
});

describe('the change against the usual', () => {
  it('is a fraction of it', () => {
    expect(verdictOn(point, 40, settled, true).change).toBe(-0.25);
  });

  it('of a gap is the whole', () => {
    expect(verdictOn({ ...point, readings: null }, 40, settled, true).change).toBe(-1);
  });

  it('is not told without something usual', () => {
    expect(verdictOn(point, null, settled, true).change).toBeNull();
    expect(verdictOn(point, 0, settled, true).change).toBeNull();
  });
});
