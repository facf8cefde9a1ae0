import { readNumber, scaled } from '../binary-values.ts';
import { isBit, type Register, width } from './settings.ts';

/**
 * A register's value in what its block's request gave.
 *
 * @param data the answer's data: 16-bit registers with the high byte first, or bits with the lowest first
 * @param offset how far into the block the register lies, in addresses
 * @returns NaN where the registers hold no number that a double can
 */
export function registerValue(data: Buffer, offset: number, register: Register): number | boolean {
  if (isBit(register)) return ((data[offset >> 3]! >> (offset & 7)) & 1) === 1;
  const words = width(register);
  const bytes = Buffer.from(data.subarray(offset * 2, (offset + words) * 2));
  if (register.wordOrder === 'little') bytes.swap16().reverse();
  return scaled(readNumber(bytes, 0, register.type, 'big'), register);
}
