/** Why an event could not be counted; the closed list behind `dead_letter.reason`. */
export const DEAD_LETTER_REASONS = [
  'invalid-json', // the event's body, or a payload that came as text, is not JSON
  'not-an-object', // JSON, but not an object
  'missing-payload', // neither an envelope with `payloads` nor a payload with `pref`
  'unsupported-version', // `v` is not 1
  'unknown-region', // `pref` is missing or names no prefecture
  'invalid-stream', // `stream` is not base64url text
  'invalid-sequence', // `seq` is not a whole number from 1 on
  'invalid-held', // `held` is not a whole number from 0 on
  'invalid-lost', // `lost` is not a list of ascending ranges
  'invalid-pack', // `pack` is not a SenML pack (RFC 8428)
  'invalid-value', // a value is no finite number, or not of its field's type
  'invalid-time', // a time is no finite number, or outside the calendar
  'event-too-early', // more than the early tolerance ahead of its arrival
  'event-too-old', // its window is no longer kept
  'too-many-gaps', // its numbers would make its stream's ledger more scattered than it may be
] as const;

export type DeadLetterReason = (typeof DEAD_LETTER_REASONS)[number];

/** What decoding comes to: the thing, or the reason and a sentence for the dead letter. */
export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: DeadLetterReason; readonly detail: string };

/** A refusal; `detail` says what was found and what would be right. */
export function refused(
  reason: DeadLetterReason,
  detail: string,
): { readonly ok: false; readonly reason: DeadLetterReason; readonly detail: string } {
  return { ok: false, reason, detail };
}

/** A found value for a sentence: JSON, cut short. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'number' ? String(value) : jsonOf(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    // JSON.parse takes any depth; JSON.stringify recurses, and its stack ends after some thousand levels.
    return `${Array.isArray(value) ? 'a list' : 'an object'} nested too deep to show`;
  }
}
