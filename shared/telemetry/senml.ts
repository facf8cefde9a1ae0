import type { Timestamp } from '../time/index.ts';
import { type Decoded, refused, shown } from './dead-letter.ts';

/** One record of a SenML pack in JSON (RFC 8428, section 4; units RFC 8428 section 12.1 and RFC 8798). */
export interface SenmlRecord {
  readonly bn?: string;
  readonly bt?: number;
  readonly bu?: string;
  readonly bv?: number;
  readonly bs?: number;
  readonly bver?: number;
  readonly n?: string;
  readonly u?: string;
  readonly t?: number;
  readonly ut?: number;
  readonly v?: number;
  readonly vs?: string;
  readonly vb?: boolean;
  readonly vd?: string;
  readonly s?: number;
  /** Tashika's own label (RFC 8428, section 4.4): out of its configured range; counted, and in no statistics of values. */
  readonly suspect?: true;
}

/** One reading, resolved: full name, unit, value and event time. */
export interface DecodedReading {
  /** The SenML name, base name included; `''` for the source talk's own message. */
  readonly name: string;
  /** The SenML unit; `''` where there is none. */
  readonly unit: string;
  readonly value: number | string | boolean | null;
  readonly time: Timestamp;
  /** The device took it for out of the sensor's range: it counts as a reading, and in no statistic of values. */
  readonly suspect?: true;
  /** Its value is kept sealed: it counts as a reading, and in no statistic of values. No decoder sets it. */
  readonly sealed?: true;
}

/** Times below 2^28 s are relative to now, others Unix seconds (RFC 8428, section 4.5.3). */
export const RELATIVE_TIME_LIMIT = 2 ** 28;

/** PostgreSQL and people both handle the years 1 to 9999. */
const EARLIEST: Timestamp = Date.parse('0001-01-01T00:00:00Z');
const LATEST: Timestamp = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

const NAME = /^[A-Za-z0-9][A-Za-z0-9\-:./_]*$/;
const SENML_VERSION = 10;
const MAX_TEXT = 256;
const UNDERSCORE = '_'.charCodeAt(0);

/**
 * Resolves a pack by RFC 8428, section 4.6: base values hold for their record and those after it, until the next
 * one. Every record with a value (`v`, `vs`, `vb`, `vd` or a sum `s`) is one reading; a record without one only
 * sets base values.
 *
 * @param now what relative times refer to, Unix milliseconds
 */
export function resolvePack(pack: unknown, now: Timestamp): Decoded<readonly DecodedReading[]> {
  if (!Array.isArray(pack))
    return refused('invalid-pack', `pack must be a list of SenML records, found ${shown(pack)}.`);
  const readings: DecodedReading[] = [];
  let baseName = '';
  let baseUnit = '';
  let baseTime = 0;
  let baseValue = 0;
  let baseSum = 0;
  for (let index = 0; index < pack.length; index++) {
    const record = pack[index] as Record<string, unknown>;
    if (typeof record !== 'object' || record === null || Array.isArray(record))
      return refused('invalid-pack', `pack[${index}] must be an object, found ${shown(record)}.`);
    const { bn, bu, bt, bv, bs, bver } = record;
    if (bn !== undefined) {
      if (typeof bn !== 'string' || bn.length > MAX_TEXT) return badText(index, 'bn', bn);
      baseName = bn;
    }
    if (bu !== undefined) {
      if (!isUnit(bu)) return badText(index, 'bu', bu);
      baseUnit = bu;
    }
    if (bt !== undefined) {
      if (!isFiniteNumber(bt)) return badNumber('invalid-time', index, 'bt', bt);
      baseTime = bt;
    }
    if (bv !== undefined) {
      if (!isFiniteNumber(bv)) return badNumber('invalid-value', index, 'bv', bv);
      baseValue = bv;
    }
    if (bs !== undefined) {
      if (!isFiniteNumber(bs)) return badNumber('invalid-value', index, 'bs', bs);
      baseSum = bs;
    }
    if (bver !== undefined && (!Number.isInteger(bver) || (bver as number) < 1 || (bver as number) > SENML_VERSION))
      return refused('invalid-pack', `pack[${index}].bver must be at most ${SENML_VERSION}, found ${shown(bver)}.`);
    const strange = mustUnderstand(record);
    if (strange) return refused('invalid-pack', `pack[${index}].${strange} must be understood, and is not.`);

    const { n, u, t, v, vs, vb, vd, s } = record;
    let values = 0;
    let value: DecodedReading['value'] = null;
    if (v !== undefined) {
      if (!isFiniteNumber(v)) return badNumber('invalid-value', index, 'v', v);
      values++;
      value = v + baseValue;
      if (!isFiniteNumber(value)) return badNumber('invalid-value', index, 'v + bv', value);
    }
    if (vs !== undefined) {
      if (typeof vs !== 'string') return wrongType(index, 'vs', 'text', vs);
      values++;
      value = vs;
    }
    if (vb !== undefined) {
      if (typeof vb !== 'boolean') return wrongType(index, 'vb', 'true or false', vb);
      values++;
      value = vb;
    }
    if (vd !== undefined) {
      if (typeof vd !== 'string') return wrongType(index, 'vd', 'base64url text', vd);
      values++;
      value = vd;
    }
    if (values > 1) return refused('invalid-pack', `pack[${index}] has more than one of v, vs, vb, vd.`);
    if (s !== undefined) {
      if (!isFiniteNumber(s)) return badNumber('invalid-value', index, 's', s);
      if (values === 0) value = s + baseSum;
      values++;
    }
    if (values === 0) continue;

    if (n !== undefined && (typeof n !== 'string' || n.length > MAX_TEXT)) return badText(index, 'n', n);
    const name = names.full(baseName, n ?? '');
    if (name === undefined)
      return refused(
        'invalid-pack',
        `pack[${index}] must have a name of letters, digits and - : . / _ that starts with a letter or digit, found ${shown(baseName + (n ?? ''))}.`,
      );
    if (u !== undefined && !isUnit(u)) return badText(index, 'u', u);
    if (t !== undefined && !isFiniteNumber(t)) return badNumber('invalid-time', index, 't', t);
    const seconds = t === undefined ? baseTime : baseTime + t;
    const time = Math.round(seconds < RELATIVE_TIME_LIMIT ? now + seconds * 1000 : seconds * 1000);
    if (!(time >= EARLIEST && time <= LATEST))
      return refused('invalid-time', `pack[${index}] has a time outside the calendar: ${shown(seconds)} s.`);
    const unit = u === undefined ? baseUnit : u;
    readings.push(record.suspect === true ? { name, unit, value, time, suspect: true } : { name, unit, value, time });
  }
  return { ok: true, value: readings };
}

/**
 * Full names of sensors by their parts. A fleet has few, and each comes with every post: a name that is known needs
 * neither joining nor checking, and is the same string wherever it is held.
 */
class Names {
  readonly #known = new Map<string, Map<string, string>>();
  #size = 0;

  /** `base` and `name` joined; undefined where that is no SenML name. */
  full(base: string, name: string): string | undefined {
    return this.#known.get(base)?.get(name) ?? this.#check(base, name);
  }

  #check(base: string, name: string): string | undefined {
    const full = base + name;
    if (full.length > MAX_TEXT || !NAME.test(full)) return undefined;
    if (this.#size >= MOST_KNOWN) {
      this.#known.clear();
      this.#size = 0;
    }
    const ofBase = this.#known.get(base);
    if (ofBase) ofBase.set(name, full);
    else this.#known.set(base, new Map([[name, full]]));
    this.#size++;
    return full;
  }
}

/** Names and units that are remembered; a sender that makes up ever new ones only costs their checking. */
const MOST_KNOWN = 4_096;
const names = new Names();
const units = new Set<string>();

function isFiniteNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isUnit(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  if (units.has(value)) return true;
  // Registered units are short ASCII; an unregistered one is kept as it came, so that nothing is lost over a unit.
  if (value.length > 32 || !/^[\x20-\x7e]*$/.test(value)) return false;
  if (units.size >= MOST_KNOWN) units.clear();
  units.add(value);
  return true;
}

/** A label that ends in `_` must be understood or the pack refused (RFC 8428, section 4.4). */
function mustUnderstand(record: Record<string, unknown>): string | undefined {
  for (const key in record) if (key.charCodeAt(key.length - 1) === UNDERSCORE) return key;
  return undefined;
}

function badNumber(reason: 'invalid-value' | 'invalid-time', index: number, field: string, found: unknown) {
  return refused(reason, `pack[${index}].${field} must be a finite number, found ${shown(found)}.`);
}

function wrongType(index: number, field: string, expected: string, found: unknown) {
  return refused('invalid-value', `pack[${index}].${field} must be ${expected}, found ${shown(found)}.`);
}

function badText(index: number, field: string, found: unknown) {
  return refused('invalid-pack', `pack[${index}].${field} must be short text, found ${shown(found)}.`);
}
