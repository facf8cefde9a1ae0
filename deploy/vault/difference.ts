import type { Fields } from './declared.ts';

/** A field that Vault has otherwise than declared. */
export interface Difference {
  readonly field: string;
  /** What Vault has; undefined where it has nothing. */
  readonly from: unknown;
  readonly to: unknown;
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
const DURATION = /^(\d+)([smhd])$/;

/** The fields of `declared` that `actual` has otherwise. What only Vault has is left alone. */
export function differences(declared: Fields, actual: Fields): readonly Difference[] {
  return Object.entries(declared)
    .filter(([field, value]) => !same(value, actual[field]))
    .map(([field, value]) => ({ field, from: actual[field], to: value }));
}

/** Whether Vault's answer is what was declared: it tells times in seconds, an empty list as nothing, a text trimmed. */
function same(declared: unknown, actual: unknown): boolean {
  if (Array.isArray(declared)) {
    const list = actual === undefined || actual === null ? [] : actual;
    return (
      Array.isArray(list) && list.length === declared.length && declared.every((each, index) => same(each, list[index]))
    );
  }
  if (typeof declared === 'object' && declared !== null)
    return (
      typeof actual === 'object' && actual !== null && differences(declared as Fields, actual as Fields).length === 0
    );
  if (typeof declared === 'string' && typeof actual === 'string' && declared.trim() === actual.trim()) return true;
  return seconds(declared) === seconds(actual);
}

/** A time in seconds, written `24h`, `86400` or 86400; anything else as it is. */
function seconds(value: unknown): unknown {
  const found = typeof value === 'string' ? DURATION.exec(value) : null;
  if (found) return Number(found[1]) * SECONDS[found[2]!]!;
  return value;
}
