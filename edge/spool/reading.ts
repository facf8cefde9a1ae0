import type { RegionCode } from '@tashika/shared/regions';
import type { Stamp } from '../clock/index.ts';

/** How dear a reading is when the spool must give some up; a sensor's configuration says it. */
export type Priority = 'low' | 'normal' | 'high';

/** A value as it goes into the spool. */
export interface Reading extends Omit<Stamp, 'bootId'> {
  /** SenML name (RFC 8428, section 4.5.1), at most 255 characters. */
  readonly name: string;
  /** SenML unit, printable ASCII, at most 32 characters; `''` where there is none. */
  readonly unit: string;
  readonly value: number | string | boolean;
  /** Outside of the range that its sensor is configured for. */
  readonly suspect?: true | undefined;
  /** Left out: `normal`. */
  readonly priority?: Priority | undefined;
  /** Where a device that moves took it; left out: where the agent is when it is sent. */
  readonly region?: RegionCode | undefined;
}

/** A reading as it comes out of the spool: numbered, and with the boot that its monotonic time belongs to. */
export interface SpooledReading extends Reading, Stamp {
  /** From 1 in each stream, without gaps but those told as lost. */
  readonly sequence: number;
}

/** Longest text value, in bytes of UTF-8: one reading must fit a post with room to spare. */
export const MAX_TEXT_BYTES = 8_192;

const NAME = /^[A-Za-z0-9][A-Za-z0-9\-:./_]*$/;
const UNIT = /^[\x20-\x7e]*$/;

/**
 * Why a value can't become a reading, as a sentence; `undefined` when it can. What the cloud would refuse is refused
 * here, because there it would take the whole post with it.
 */
export function refusalOf(reading: Pick<Reading, 'name' | 'unit' | 'value'>): string | undefined {
  const { name, unit, value } = reading;
  if (typeof name !== 'string' || name.length > 255 || !NAME.test(name))
    return `A sensor's name must be at most 255 letters, digits and - : . / _ and start with a letter or digit, found ${shown(name)}.`;
  if (typeof unit !== 'string' || unit.length > 32 || !UNIT.test(unit))
    return `The unit of ${name} must be at most 32 printable ASCII characters, found ${shown(unit)}.`;
  if (typeof value === 'number')
    return Number.isFinite(value) ? undefined : `The value of ${name} must be a finite number, found ${value}.`;
  if (typeof value === 'boolean') return undefined;
  if (typeof value !== 'string')
    return `The value of ${name} must be a number, text, true or false, found ${shown(value)}.`;
  if (Buffer.byteLength(value) > MAX_TEXT_BYTES)
    return `The text of ${name} must be at most ${MAX_TEXT_BYTES} bytes, found ${Buffer.byteLength(value)}.`;
  return undefined;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
