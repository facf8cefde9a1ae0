import type { RegionCode } from '@tashika/shared/regions';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../sensors/testing/random.ts';
import { Journey } from './journey.ts';
import { type Position, Prefectures } from './prefectures.ts';

const WEST = '14' as RegionCode;
const EAST = '13' as RegionCode;
const MINUTE = 60_000;

/** Two prefectures whose border is the meridian 0; a kilometre is a degree, and east of 100 is the sea. */
const outlines = {
  at: ({ longitude }: Position) => (longitude > 100 ? undefined : longitude < 0 ? WEST : EAST),
  kilometresFrom: (_code: RegionCode, { longitude }: Position) => Math.abs(longitude),
};

function journey(maxAgeMs = 10 * MINUTE) {
  const made = new Journey(outlines, maxAgeMs);
  return {
    /** The region after a fix so many km east of the border. */
    fix(kilometres: number, atMs: number) {
      made.fix({ latitude: 0, longitude: kilometres }, atMs);
      return made.regionAt(atMs);
    },
    regionAt: (atMs: number) => made.regionAt(atMs),
  };
}

describe('the region of a moving device', () => {
  it('is nothing before the first fix, then that of the fix', () => {
    const device = journey();
    expect(device.regionAt(0)).toBeUndefined();
    expect(device.fix(-0.1, 1_000)).toBe(WEST);
  });

  it('changes when the border is a kilometre behind', () => {
    const device = journey();
    device.fix(-3, 0);
    expect(device.fix(0.5, 1_000)).toBe(WEST);
    expect(device.fix(0.99, 2_000)).toBe(WEST);
    expect(device.fix(1.01, 3_000)).toBe(EAST);
    expect(device.fix(-0.99, 4_000)).toBe(EAST);
  });

  it('changes nearer to the border after five minutes without a return', () => {
    const device = journey();
    device.fix(-3, 0);
    for (let at = MINUTE; at < 6 * MINUTE; at += 10_000) expect(device.fix(0.5, at)).toBe(WEST);
    expect(device.fix(0.5, 6 * MINUTE)).toBe(EAST);
  });

  it('begins the five minutes anew after a return, and after a time without fixes', () => {
    const device = journey();
    device.fix(-3, 0);
    for (let at = MINUTE; at < 5 * MINUTE; at += 10_000) device.fix(0.5, at);
    expect(device.fix(-0.5, 5 * MINUTE)).toBe(WEST);
    for (let at = 5 * MINUTE + 1_000; at < 10 * MINUTE; at += 10_000) expect(device.fix(0.5, at)).toBe(WEST);
    expect(device.fix(0.5, 12 * MINUTE)).toBe(WEST);
  });

  it('does not flap on a road along the border', () => {
    const random = seededRandom(139);
    const device = journey();
    const seen: (RegionCode | undefined)[] = [device.fix(-2, 0)];
    for (let second = 1; second < 3_600; second++) seen.push(device.fix((random() - 0.5) * 1.9, second * 1_000));
    expect(new Set(seen)).toEqual(new Set([WEST]));
  });

  it('stays at sea what it was on land', () => {
    const device = journey();
    device.fix(5, 0);
    expect(device.fix(150, 1_000)).toBe(EAST);
  });

  it('ends when the last fix is too old, and is then that of the next fix at once', () => {
    const device = journey(10 * MINUTE);
    device.fix(-5, 0);
    expect(device.regionAt(10 * MINUTE)).toBe(WEST);
    expect(device.regionAt(10 * MINUTE + 1)).toBeUndefined();
    expect(device.fix(0.1, 11 * MINUTE)).toBe(EAST);
  });

  it('of what is handed on late is where it was taken', () => {
    const device = journey();
    device.fix(-5, 1_000);
    device.fix(5, 2_000);
    expect(device.regionAt(2_000)).toBe(EAST);
    expect(device.regionAt(1_999)).toBe(WEST);
    const fresh = journey();
    fresh.fix(5, 1_000);
    expect(fresh.regionAt(999)).toBeUndefined();
  });

  it('goes from Tokyo to Yokohama over the Tama with one change', () => {
    const device = new Journey(new Prefectures(), 10 * MINUTE);
    const seen: (RegionCode | undefined)[] = [];
    // From Tokyo station to Yokohama station in half an hour, a fix a second, each up to 200 m off.
    const random = seededRandom(1_400);
    for (let second = 0; second <= 1_800; second++) {
      const part = second / 1_800;
      const off = () => (random() - 0.5) * 0.0036;
      device.fix(
        {
          latitude: 35.681 + part * (35.466 - 35.681) + off(),
          longitude: 139.767 + part * (139.622 - 139.767) + off(),
        },
        second * 1_000,
      );
      const region = device.regionAt(second * 1_000);
      if (region !== seen.at(-1)) seen.push(region);
    }
    expect(seen).toEqual(['13', '14']);
  });
});
