import { describe, expect, it } from 'vitest';
import { resolvePack } from './index.ts';

const NOW = Date.UTC(2026, 10, 22, 3, 0, 0);

function resolved(pack: unknown) {
  const result = resolvePack(pack, NOW);
  if (!result.ok) throw new Error(`${result.reason}: ${result.detail}`);
  return result.value;
}

describe('a SenML pack (RFC 8428)', () => {
  it('resolves base name, base time and base unit over the records that follow', () => {
    // RFC 8428, section 5.1.3
    const pack = [
      { bn: 'urn:dev:ow:10e2073a0108006:', bt: 1.276020076001e9, bu: 'A', bver: 5, n: 'voltage', u: 'V', v: 120.1 },
      { n: 'current', t: -5, v: 1.2 },
      { n: 'current', t: -4, v: 1.3 },
      { n: 'current', v: 1.7 },
    ];
    expect(resolved(pack)).toEqual([
      { name: 'urn:dev:ow:10e2073a0108006:voltage', unit: 'V', value: 120.1, time: 1276020076001 },
      { name: 'urn:dev:ow:10e2073a0108006:current', unit: 'A', value: 1.2, time: 1276020071001 },
      { name: 'urn:dev:ow:10e2073a0108006:current', unit: 'A', value: 1.3, time: 1276020072001 },
      { name: 'urn:dev:ow:10e2073a0108006:current', unit: 'A', value: 1.7, time: 1276020076001 },
    ]);
  });

  it('carries what the device took for out of range', () => {
    expect(
      resolved([
        { n: 'a', v: -127, suspect: true },
        { n: 'a', v: 20, suspect: 'yes' },
      ]),
    ).toEqual([
      { name: 'a', unit: '', value: -127, time: NOW, suspect: true },
      { name: 'a', unit: '', value: 20, time: NOW },
    ]);
  });

  it('takes times below 2^28 seconds as relative to now', () => {
    expect(
      resolved([
        { n: 'a', v: 1 },
        { n: 'a', v: 1, t: -3.2 },
        { n: 'a', v: 1, t: 2 },
        { n: 'a', v: 1, bt: -60, t: -1 },
      ]).map(({ time }) => time - NOW),
    ).toEqual([0, -3200, 2000, -61000]);
    expect(resolved([{ n: 'a', v: 1, t: 2 ** 28 }])[0]?.time).toBe(2 ** 28 * 1000);
  });

  it('lets a new base value replace the old one from its record on', () => {
    expect(
      resolved([
        { bn: 'x/', n: 'a', v: 1 },
        { bn: 'y/', n: 'a', v: 2 },
        { n: 'b', v: 3 },
      ]).map(({ name }) => name),
    ).toEqual(['x/a', 'y/a', 'y/b']);
  });

  it('adds the base value, and takes a sum where there is no value', () => {
    expect(
      resolved([
        { bv: 20, bs: 100, n: 'a', v: 3.4 },
        { n: 'b', s: 5 },
      ]).map(({ value }) => value),
    ).toEqual([23.4, 105]);
  });

  it('carries numbers, text, booleans and data', () => {
    expect(
      resolved([
        { n: 'a', v: 1 },
        { n: 'b', vs: 'on' },
        { n: 'c', vb: false },
        { n: 'd', vd: 'aGk' },
      ]).map(({ value }) => value),
    ).toEqual([1, 'on', false, 'aGk']);
  });

  it('counts no reading for a record without a value', () => {
    expect(
      resolved([
        { bn: 'x/', bt: 1.6e9 },
        { n: 'a', v: 1 },
      ]),
    ).toEqual([{ name: 'x/a', unit: '', value: 1, time: 1.6e12 }]);
    expect(resolved([])).toEqual([]);
  });

  it('takes 10,000 records', () => {
    expect(resolved(Array.from({ length: 10_000 }, (_, index) => ({ n: 'a', v: index })))).toHaveLength(10_000);
  });

  it.each([
    [{}, 'invalid-pack', 'pack must be a list of SenML records, found {}.'],
    [[1], 'invalid-pack', 'pack[0] must be an object, found 1.'],
    [
      [{ v: 1 }],
      'invalid-pack',
      'pack[0] must have a name of letters, digits and - : . / _ that starts with a letter or digit, found "".',
    ],
    [[{ n: 'a\u0000b', v: 1 }], 'invalid-pack', 'pack[0] must have a name'],
    [
      [
        { n: 'a', v: 1 },
        { n: 'b', v: 'NaN' },
      ],
      'invalid-value',
      'pack[1].v must be a finite number, found "NaN".',
    ],
    [JSON.parse('[{"n":"a","v":1e400}]'), 'invalid-value', 'pack[0].v must be a finite number, found Infinity.'],
    [[{ n: 'a', v: null }], 'invalid-value', 'pack[0].v must be a finite number, found null.'],
    [[{ n: 'a', bv: 1e308, v: 1e308 }], 'invalid-value', 'pack[0].v + bv must be a finite number, found Infinity.'],
    [[{ n: 'a', vb: 'true' }], 'invalid-value', 'pack[0].vb must be true or false, found "true".'],
    [[{ n: 'a', v: 1, vs: '1' }], 'invalid-pack', 'pack[0] has more than one of v, vs, vb, vd.'],
    [[{ n: 'a', v: 1, t: '5' }], 'invalid-time', 'pack[0].t must be a finite number, found "5".'],
    [[{ n: 'a', v: 1, t: 1e300 }], 'invalid-time', 'pack[0] has a time outside the calendar: 1e+300 s.'],
    [[{ n: 'a', v: 1, t: -1e300 }], 'invalid-time', 'pack[0] has a time outside the calendar: -1e+300 s.'],
    [[{ bver: 11, n: 'a', v: 1 }], 'invalid-pack', 'pack[0].bver must be at most 10, found 11.'],
    [[{ n: 'a', v: 1, exact_: true }], 'invalid-pack', 'pack[0].exact_ must be understood, and is not.'],
  ])('refuses %j as %s', (pack, reason, detail) => {
    expect(resolvePack(pack, NOW)).toMatchObject({ ok: false, reason, detail: expect.stringContaining(detail) });
  });
});
