import type { FieldConfiguration } from './config.ts';
import { sensorName } from './names.ts';
import type { Measurement } from './port.ts';

/** A named value as the device gave it. */
export interface Field {
  readonly name: string;
  readonly unit?: string;
  readonly value: number | string | boolean;
}

/** What a line or a message held: the fields that are good, and a sentence for each thing that is not. */
export interface Parsed {
  readonly fields: readonly Field[];
  readonly problems: readonly string[];
  /** Where the device is, as a receiver with a fix says; WGS 84, in degrees. */
  readonly position?: { readonly latitude: number; readonly longitude: number };
}

export const NOTHING: Parsed = { fields: [], problems: [] };

export function unreadable(problem: string): Parsed {
  return { fields: [], problems: [problem] };
}

/** How a device's fields become measurements of `source`. */
interface FieldRules {
  readonly fields: readonly FieldConfiguration[];
  readonly ignore: readonly string[];
}

/** @param at when it was measured; left out: now */
type FieldMapper = (field: Field, at?: Measurement['at']) => Measurement | undefined;

/** What the configuration makes of a field's name. */
interface Mapped {
  readonly sensor: string;
  readonly unit: string | undefined;
}

/** Names come from the device, and may be new with each line. */
const MOST_KNOWN = 1_024;

/** @returns the measurement of a field, or nothing where the configuration leaves the field out */
export function fieldMapper(source: string, rules: FieldRules): FieldMapper {
  const chosen = new Map(rules.fields.map((each) => [each.field, each]));
  const ignored = new Set(rules.ignore);
  const known = new Map<string, Mapped | undefined>();
  const mappedOf = (name: string): Mapped | undefined => {
    const rule = chosen.get(name);
    if (chosen.size > 0 ? !rule : ignored.has(name)) return undefined;
    return { sensor: sensorName(source, rule?.sensor ?? name), unit: rule?.unit };
  };
  return ({ name, unit, value }, at) => {
    let mapped = known.get(name);
    if (!mapped && !known.has(name)) {
      mapped = mappedOf(name);
      if (known.size >= MOST_KNOWN) known.clear();
      known.set(name, mapped);
    }
    if (!mapped) return undefined;
    const named = mapped.unit ?? unit;
    return { sensor: mapped.sensor, value, ...(named !== undefined && { unit: named }), ...(at && { at }) };
  };
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** The number that a text is, as firmware prints numbers; it may be infinite. Undefined for any other text. */
export function plainNumber(text: string): number | undefined {
  const trimmed = text.trim();
  return NUMBER.test(trimmed) ? Number(trimmed) : undefined;
}

export const NO_NUMBER = 'A number that is none: too large, or NaN.';

/**
 * The words that firmware prints where it has no number: Arduino's `nan`, `inf` and `ovf`, C's `-nan`. They are
 * failed measurements, not text.
 */
export function isFailedNumber(text: string): boolean {
  return /^[+-]?(nan|inf|infinity|ovf)$/i.test(text.trim());
}
