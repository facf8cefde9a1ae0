import type { Field, Parsed } from '../fields.ts';

/** What a message says: the device, or the topic, that its fields are of. */
export interface Message extends Parsed {
  readonly device: string;
}

/** `ON` and `OFF`, as switches say it, as true and false. */
export function switched(field: Field): Field {
  return field.value === 'ON' || field.value === 'OFF' ? { ...field, value: field.value === 'ON' } : field;
}
