import { seededChance } from '@tashika/shared/chance';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RELATIVE_ACCURACY, Sketch } from './sketch.ts';
import { MOST_BINS } from './sketch-bins.ts';

const QUANTILES = [0, 0.01, 0.1, 0.5, 0.9, 0.95, 0.99, 1];

function sketchOf(values: readonly number[]): Sketch {
  const sketch = new Sketch();
  for (const value of values) sketch.accept(value);
  return sketch;
}

function merged(parts: readonly Sketch[]): Sketch {
  const sketch = new Sketch();
  for (const part of parts) sketch.merge(part);
  return sketch;
}

function exact(values: readonly number[], quantile: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(quantile * (values.length - 1))]!;
}

/** Values of ten decades, both signs, and 0: no bin has to be shared. */
const ordinary = fc.oneof(
  fc.constant(0),
  fc.tuple(fc.double({ min: -5, max: 5, noNaN: true }), fc.boolean()).map(([e, up]) => (up ? 1 : -1) * 10 ** e),
);
const anything = fc.double({ noNaN: true, noDefaultInfinity: true });

describe('a sketch', () => {
  const chance = seededChance(20261122);
  const uniform = () => chance.next();
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());

  it.each([
    ['temperatures', () => 15 + 8 * normal()],
    ['a frost', () => -5 + 8 * normal()],
    ['counts', () => Math.floor(1000 * uniform())],
    ['what has a long tail', () => Math.exp(3 * normal())],
    ['one value', () => 42],
  ])('tells the percentiles of %s within 1%%', (_, next) => {
    const values = Array.from({ length: 10_000 }, next);
    const sketch = sketchOf(values);
    for (const quantile of QUANTILES) expectWithin(sketch.valueAt(quantile), exact(values, quantile));
  });

  it('tells the percentiles of any values of ten decades within 1%', () => {
    const holds = fc.property(
      fc.array(ordinary, { minLength: 1, maxLength: 400 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (values, quantile) => expectWithin(sketchOf(values).valueAt(quantile), exact(values, quantile)),
    );
    fc.assert(holds, { seed: 1, numRuns: 300 });
  });

  it('is the same byte for byte, in whatever order its parts are merged, over the whole range of a double', () => {
    const parts = fc.array(fc.array(fc.oneof(anything, ordinary), { maxLength: 200 }), { minLength: 1, maxLength: 8 });
    const holds = fc.property(
      parts.chain((each) => fc.tuple(fc.constant(each), fc.shuffledSubarray(each, { minLength: each.length }))),
      ([inOrder, shuffled]) => {
        const whole = sketchOf(inOrder.flat());
        expect(merged(shuffled.map(sketchOf)).encode()).toEqual(whole.encode());
        expect(merged(shuffled.map((part) => Sketch.decode(sketchOf(part).encode())!)).encode()).toEqual(
          whole.encode(),
        );
        expect(whole.count).toBe(inOrder.flat().length);
      },
    );
    fc.assert(holds, { seed: 2, numRuns: 300 });
  });

  it('leaves the one that is merged into it as it was', () => {
    const part = sketchOf([1, 2, 3]);
    const before = part.encode();
    sketchOf([4, -5]).merge(part);
    expect(part.encode()).toEqual(before);
  });

  it('counts every value and stays bounded, whatever was measured', () => {
    const values = Array.from({ length: 50_000 }, () => (uniform() < 0.5 ? -1 : 1) * 10 ** (616 * uniform() - 308));
    const sketch = sketchOf(values);
    const bytes = sketch.encode();
    expect(sketch.count).toBe(50_000);
    expect(bytes.length).toBeLessThan(2 * MOST_BINS * 9);
    // What shares a bin is the smallest magnitudes: the ends are still within 1%.
    for (const quantile of [0, 0.01, 0.99, 1]) expectWithin(sketch.valueAt(quantile), exact(values, quantile));
  });

  it('knows the greatest values, the smallest, zeros and their signs', () => {
    const values = [-1e308, -1, -Number.MIN_VALUE, -0, 0, 5e-324, 1e-310, 1, 1e308];
    const sketch = sketchOf(values);
    expect(sketch.count).toBe(9);
    expectWithin(sketch.valueAt(0), -1e308);
    expect([2, 3, 4, 5, 6].map((place) => sketch.valueAt(place / 8))).toEqual([0, 0, 0, 0, 0]);
    expectWithin(sketch.valueAt(1), 1e308);
    expect(sketchOf([Number.MAX_VALUE]).valueAt(0.5)).toBeGreaterThan(1.7e308);
  });

  it('says that nothing has no percentile', () => {
    expect(new Sketch().valueAt(0.5)).toBeNaN();
  });
});

describe('the bytes of a sketch', () => {
  it.each([
    ['nothing', []],
    ['one value', [23.4]],
    ['one of each sign and zero', [-7, 0, 1e300]],
    ['both ends of a double', [Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE, 2.3e-308, -2.3e-308]],
  ])('come back whole: %s', (_, values) => {
    const sketch = sketchOf(values);
    const again = Sketch.decode(sketch.encode())!;
    expect(again.count).toBe(values.length);
    expect(again.encode()).toEqual(sketch.encode());
    for (const quantile of QUANTILES) expect(again.valueAt(quantile)).toBe(sketch.valueAt(quantile));
  });

  it('hold counts up to the largest safe integer', () => {
    let sketch = sketchOf([1, 2, -3]);
    for (let doubling = 0; doubling < 51; doubling++) {
      const twice = Sketch.decode(sketch.encode())!;
      twice.merge(sketch);
      sketch = twice;
    }
    const again = Sketch.decode(sketch.encode())!;
    expect(again.count).toBe(3 * 2 ** 51);
    expectWithin(again.valueAt(0.9), 2);
  });

  it('take little space for an ordinary sensor', () => {
    const chance = seededChance(7);
    const bytes = sketchOf(Array.from({ length: 6000 }, () => 15 + 10 * chance.next())).encode();
    expect(bytes.length).toBeLessThan(120);
  });

  it('say in bytes 2 to 9 how many values they stand for, as a bigint of PostgreSQL', () => {
    expect(sketchOf([1, 2, 3]).encode().readBigInt64BE(1)).toBe(3n);
  });

  it('are refused when they are of another version, cut, too long or made up', () => {
    const bytes = sketchOf([1, 2, 3, -4, 0]).encode();
    const changed = (at: number, value: number) => Buffer.from(bytes).fill(value, at, at + 1);
    for (let length = 0; length < bytes.length; length++) expect(Sketch.decode(bytes.subarray(0, length))).toBeNull();
    expect(Sketch.decode(Buffer.concat([bytes, Buffer.of(0)]))).toBeNull();
    expect(Sketch.decode(changed(0, 2))).toBeNull();
    expect(Sketch.decode(changed(8, 6))).toBeNull();
    const made = fc.property(fc.uint8Array({ maxLength: 64 }), (tail) => {
      const sketch = Sketch.decode(Buffer.concat([bytes.subarray(0, 9), tail]));
      if (sketch) expect(sketch.count).toBe(5);
    });
    fc.assert(made, { seed: 3, numRuns: 2000 });
  });
});

function expectWithin(estimate: number, value: number): void {
  // A whole value lies at the edge of its bin: the last digits are the logarithm's.
  expect(Math.abs(estimate - value)).toBeLessThanOrEqual(Math.abs(value) * (RELATIVE_ACCURACY + 1e-9));
}
