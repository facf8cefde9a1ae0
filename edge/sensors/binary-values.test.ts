import { describe, expect, it } from 'vitest';
import { bytesOf, NUMBER_TYPES, readBcd, readNumber, scaled } from './binary-values.ts';

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');

describe('a number in bytes', () => {
  it.each([
    ['u8', 'ff', 255, 255],
    ['i8', 'fe', -2, -2],
    ['u16', '01 02', 258, 513],
    ['i16', 'ff fe', -2, -257],
    ['u24', '01 02 03', 66_051, 197_121],
    ['i24', 'ff ff fe', -2, -65_537],
    ['u32', 'ff 00 00 01', 4_278_190_081, 16_777_471],
    ['i32', 'ff ff ff fe', -2, -16_777_217],
    ['u64', '00 1f ff ff ff ff ff ff', Number.MAX_SAFE_INTEGER, Number.NaN],
    ['i64', 'ff ff ff ff ff ff ff fe', -2, Number.NaN],
    ['f64', '40 37 66 66 66 66 66 66', 23.4, expect.any(Number)],
  ] as const)('%s of %s', (type, hex, big, little) => {
    expect(bytesOf(type)).toBe(bytes(hex).length);
    expect(readNumber(bytes(hex), 0, type, 'big')).toEqual(big);
    expect(readNumber(bytes(hex), 0, type, 'little')).toEqual(little);
  });

  it('has no digits that its 32-bit float does not have', () => {
    const float = Buffer.alloc(4);
    for (const value of [23.4, -0.1, 1e-7, 101_325, 3.4e38, 16_777_216]) {
      float.writeFloatBE(value);
      expect(readNumber(float, 0, 'f32', 'big')).toBe(value);
    }
    expect(readNumber(bytes('7f c0 00 00'), 0, 'f32', 'big')).toBeNaN();
  });

  it('of 64 bits is none where a double can not hold it exactly', () => {
    expect(readNumber(bytes('00 20 00 00 00 00 00 01'), 0, 'u64', 'big')).toBeNaN();
  });

  it('in BCD has two digits a byte, and is none where a half byte is no digit', () => {
    expect(readBcd(bytes('00 12 34'), 1, 2, 'big')).toBe(1234);
    expect(readBcd(bytes('34 12'), 0, 2, 'little')).toBe(1234);
    expect(readBcd(bytes('1a'), 0, 1, 'big')).toBeNaN();
  });

  it('is scaled without the digits that binary arithmetic adds', () => {
    expect(scaled(234, { scale: 0.1, offset: -40 })).toBe(-16.6);
    expect(scaled(3, { scale: 0.1, offset: 0 })).toBe(0.3);
    expect(scaled(Number.NaN, { scale: 0.1, offset: 0 })).toBeNaN();
  });

  it('is read within its bytes, whatever the type', () => {
    for (const type of NUMBER_TYPES) expect(readNumber(Buffer.alloc(bytesOf(type)), 0, type, 'little')).toBe(0);
  });
});
