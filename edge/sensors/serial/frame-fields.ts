import { readBcd, readNumber, scaled } from '../binary-values.ts';
import { type Field, NO_NUMBER, type Parsed } from '../fields.ts';
import { fieldBytes, type LayoutField } from './frame-settings.ts';

/** Reads the fields of a whole frame; one that holds no number is left out and told. */
export function readFrame(frame: Buffer, layout: readonly LayoutField[]): Parsed {
  const fields: Field[] = [];
  const problems: string[] = [];
  for (const rule of layout) {
    const raw = rawValue(frame, rule);
    const value = typeof raw === 'number' ? scaled(raw, rule) : raw;
    const { field: name, unit } = rule;
    if (typeof value === 'number' && !Number.isFinite(value)) problems.push(NO_NUMBER);
    else fields.push({ name, value, ...(unit !== undefined && { unit }) });
  }
  return { fields, problems: problems.slice(0, 1) };
}

function rawValue(frame: Buffer, field: LayoutField): number | boolean {
  const { type, at, byteOrder, bit, length } = field;
  if (type === 'bcd') return readBcd(frame, at, length, byteOrder);
  if (type !== 'bit' && type !== 'bits') return readNumber(frame, at, type, byteOrder);
  const bytes = fieldBytes(field);
  const word = byteOrder === 'little' ? frame.readUIntLE(at, bytes) : frame.readUIntBE(at, bytes);
  // Division, because JavaScript shifts numbers of 32 bits only as signed ones.
  const shifted = Math.floor(word / 2 ** bit);
  return type === 'bit' ? shifted % 2 === 1 : shifted % 2 ** length;
}
