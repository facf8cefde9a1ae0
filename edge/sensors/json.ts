import { type Field, isFailedNumber, NO_NUMBER, NOTHING, type Parsed, unreadable } from './fields.ts';

const DEEPEST = 8;
const MOST_FIELDS = 256;

/** @returns the JSON value, or undefined where the text is not JSON (JSON itself has no undefined) */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Every number, text and boolean in a JSON object or list as a field; nested names are joined by `/`, list items
 * named by their index. `null` is a sensor without a value now: no field, no problem.
 */
export function jsonFields(value: object): Parsed {
  const fields: Field[] = [];
  const problems: string[] = [];
  const collect = (name: string, each: unknown, depth: number): void => {
    if (each === null) return;
    if (fields.length >= MOST_FIELDS) problems[0] ??= `More than ${MOST_FIELDS} fields.`;
    else if (typeof each === 'object') {
      if (depth >= DEEPEST) problems.push(`Nested deeper than ${DEEPEST} levels.`);
      else
        for (const [key, child] of Object.entries(each))
          collect(name === '' ? key : `${name}/${key}`, child, depth + 1);
    } else if (typeof each === 'number' ? !Number.isFinite(each) : typeof each === 'string' && isFailedNumber(each)) {
      problems.push(NO_NUMBER);
    } else fields.push({ name, value: each as Field['value'] });
  };
  collect('', value, 0);
  return { fields, problems: problems.slice(0, 1) };
}

/** A line of JSON: one object. */
export function parseJsonLine(line: string): Parsed {
  if (line.trim() === '') return NOTHING;
  const value = parseJson(line);
  if (value === undefined) return unreadable('Not JSON.');
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return unreadable('JSON, but no object.');
  return jsonFields(value);
}
