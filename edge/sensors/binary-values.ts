/** Number types by the bytes they take; `f` is IEEE 754. */
export const NUMBER_TYPES = ['u8', 'i8', 'u16', 'i16', 'u24', 'i24', 'u32', 'i32', 'u64', 'i64', 'f32', 'f64'] as const;

export type NumberType = (typeof NUMBER_TYPES)[number];
export type ByteOrder = 'big' | 'little';

export function bytesOf(type: NumberType): number {
  return Number(type.slice(1)) / 8;
}

/**
 * The number that stands at `at` in `bytes`. A float may be NaN or infinite; an integer of 64 bits that a double can't
 * hold exactly is NaN, because a meter's count that is almost right is a wrong count.
 */
export function readNumber(bytes: Buffer, at: number, type: NumberType, order: ByteOrder): number {
  const little = order === 'little';
  const length = bytesOf(type);
  switch (type[0]) {
    case 'f':
      if (length === 8) return little ? bytes.readDoubleLE(at) : bytes.readDoubleBE(at);
      return shortest(little ? bytes.readFloatLE(at) : bytes.readFloatBE(at));
    case 'u':
      if (length === 8) return exact(little ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
      return little ? bytes.readUIntLE(at, length) : bytes.readUIntBE(at, length);
    default:
      if (length === 8) return exact(little ? bytes.readBigInt64LE(at) : bytes.readBigInt64BE(at));
      return little ? bytes.readIntLE(at, length) : bytes.readIntBE(at, length);
  }
}

/** Packed decimal, two digits a byte. @returns NaN where a half byte is no digit */
export function readBcd(bytes: Buffer, at: number, length: number, order: ByteOrder): number {
  const digits = Buffer.from(bytes.subarray(at, at + length));
  if (order === 'little') digits.reverse();
  const text = digits.toString('hex');
  return /^\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : Number.NaN;
}

/** The raw value in the field's unit: `raw × scale + offset`, without the digits that only binary arithmetic adds. */
export function scaled(raw: number, { scale, offset }: { readonly scale: number; readonly offset: number }): number {
  if (scale === 1 && offset === 0) return raw;
  return Number((raw * scale + offset).toPrecision(12));
}

function exact(value: bigint): number {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : Number.NaN;
}

/** 23.4, not 23.399999618530273: the shortest decimal that is the same 32-bit float costs a third of the bytes on air. */
function shortest(float: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const candidate = Number(float.toPrecision(digits));
    if (Math.fround(candidate) === float) return candidate;
  }
  return float;
}
