import { judge } from '@tashika/edge/provisioning';
import { fingerprintOf } from '@tashika/shared/fingerprint';
import type { Change } from './action.ts';
import { isSame } from './canonical.ts';
import { isObject } from './group-configuration.ts';

/**
 * The fields in which what is wanted differs from what is there. What is not named is left alone; a switch that was
 * never set is off.
 */
export function changesOf(field: string, before: unknown, wanted: unknown): readonly Change[] {
  if (isObject(wanted) && !Object.hasOwn(wanted, '$credentialsId'))
    return Object.entries(wanted).flatMap(([key, value]) =>
      changesOf(joined(field, key), isObject(before) ? before[key] : undefined, value),
    );
  if (isSame(before, wanted) || (wanted === false && before === undefined)) return [];
  if (/(?:^|\.)psk$/.test(field)) return [keyChange(field, before, wanted)];
  return [{ field, ...(before === undefined ? {} : { before }), after: wanted }];
}

/** A key in the group's own configuration is in clear there: only its fingerprint is told. */
function keyChange(field: string, before: unknown, wanted: unknown): Change {
  if (typeof before !== 'string') return { field, ...(before === undefined ? {} : { before }), after: wanted };
  return { field, before: fingerprintOf(before), after: wanted, secret: true };
}

/**
 * The settings in which user data differ, whatever their white space and the order of their keys. Text in the account
 * that no agent would take may be anything, and is told by its fingerprint.
 */
export function userDataChanges(before: unknown, wanted: string): readonly Change[] {
  const after = JSON.parse(wanted) as Record<string, unknown>;
  if (typeof before !== 'string') return leaves('userData', undefined, after);
  const judgement = judge(before, { file: {}, env: {} });
  if (!judgement.ok)
    return [
      { field: 'userData', before: `${Buffer.byteLength(before)} bytes that no agent takes, ${fingerprintOf(before)}` },
      ...leaves('userData', undefined, after),
    ];
  return leaves('userData', JSON.parse(before), after);
}

function leaves(field: string, before: unknown, after: unknown): readonly Change[] {
  if (isSame(before, after)) return [];
  const [under, over] = [isObject(before) ? before : undefined, isObject(after) ? after : undefined];
  if ((under || before === undefined) && (over || after === undefined) && (under || over)) {
    const keys = new Set([...Object.keys(under ?? {}), ...Object.keys(over ?? {})]);
    if (keys.size > 0) return [...keys].flatMap((key) => leaves(joined(field, key), under?.[key], over?.[key]));
  }
  return [{ field, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }];
}

/** Whether user data in the account say what is wanted. */
export function isSameUserData(before: unknown, wanted: string): boolean {
  if (typeof before !== 'string') return false;
  try {
    return isSame(JSON.parse(before), JSON.parse(wanted));
  } catch {
    return false;
  }
}

function joined(field: string, key: string): string {
  return /^[\w$-]+$/.test(key) ? `${field}.${key}` : `${field}[${JSON.stringify(key)}]`;
}
