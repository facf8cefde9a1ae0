import type { Timestamp } from '@tashika/shared/time';

/** A denial of the base that is borne with until a day. */
export interface Exception {
  /** Id of a rule of the base. */
  readonly rule: string;
  /** Address of the one resource that is excused, as the rule names it. */
  readonly resource: string;
  /** Who answers for it: somebody that can be reached. */
  readonly owner: string;
  readonly reason: string;
  /** The last day on which it excuses, `YYYY-MM-DD`, UTC. */
  readonly expires: string;
}

const FIELDS = ['rule', 'resource', 'owner', 'reason', 'expires'] as const;

/**
 * The exceptions of the base's file, and sentences of what is wrong.
 *
 * @param rules ids of the base's rules
 */
export function parseExceptions(
  document: unknown,
  rules: readonly string[],
): { readonly exceptions: readonly Exception[]; readonly wrong: readonly string[] } {
  if (!Array.isArray(document)) return { exceptions: [], wrong: ['it is no JSON array of exceptions.'] };
  const wrong = document.flatMap((entry: unknown, index) => {
    const place = `exception ${index + 1}`;
    if (typeof entry !== 'object' || entry === null) return [`${place} is no object.`];
    const exception = entry as Readonly<Record<string, unknown>>;
    const missing = FIELDS.filter((field) => typeof exception[field] !== 'string' || exception[field] === '');
    if (missing.length > 0) return [`${place} lacks ${missing.join(', ')}.`];
    const unknown = Object.keys(exception).filter((field) => !FIELDS.some((known) => known === field));
    if (unknown.length > 0) return [`${place} has ${unknown.join(', ')}, which an exception does not have.`];
    const { rule, expires } = exception as unknown as Exception;
    return [
      ...(rules.includes(rule) ? [] : [`${place} names the rule ${rule}, which the base does not have.`]),
      ...(isDay(expires) ? [] : [`${place} expires on ${expires}; a day is YYYY-MM-DD.`]),
    ];
  });
  return { exceptions: document as readonly Exception[], wrong };
}

/** The time as rules compare it, RFC 3339. */
export function instantOf(now: Timestamp): string {
  return new Date(now).toISOString();
}

function isDay(text: string): boolean {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return Number.isFinite(time) && new Date(time).toISOString().startsWith(text);
}
