import { isFailedNumber, NO_NUMBER, type Parsed, plainNumber, unreadable } from '../fields.ts';
import { jsonFields, parseJson } from '../json.ts';
import type { TopicConfiguration } from './settings.ts';

const LARGEST = 65_536;

/**
 * The values in a message: the one that `pointer` names, or a plain number, true or false, or every field of a JSON
 * object. A field named `''` is the message as a whole.
 */
export function parsePayload(payload: Uint8Array, { pointer }: Pick<TopicConfiguration, 'pointer'>): Parsed {
  if (payload.length > LARGEST) return unreadable(`Longer than ${LARGEST} bytes.`);
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('utf8');
  const value = plainNumber(text) ?? parseJson(text);
  if (value === undefined) return unreadable('Neither a number nor JSON.');
  if (pointer === undefined) return typeof value === 'string' ? unreadable('Text without a pointer.') : fieldsOf(value);
  const chosen = atPointer(value, pointer);
  return chosen === undefined ? unreadable(`No ${pointer} in it.`) : fieldsOf(chosen);
}

function fieldsOf(value: unknown): Parsed {
  if (typeof value === 'object' && value !== null) return jsonFields(value);
  if (value === null) return { fields: [], problems: [] };
  if (typeof value === 'number' ? !Number.isFinite(value) : typeof value === 'string' && isFailedNumber(value))
    return unreadable(NO_NUMBER);
  return { fields: [{ name: '', value: value as number | string | boolean }], problems: [] };
}

/** The value at a JSON Pointer (RFC 6901), or undefined where there is none. */
function atPointer(value: unknown, pointer: string): unknown {
  const keys = pointer.split('/').slice(1);
  return keys
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((each, key) => {
      const inside = typeof each === 'object' && each !== null && Object.hasOwn(each, key);
      return inside ? (each as Record<string, unknown>)[key] : undefined;
    }, value);
}
