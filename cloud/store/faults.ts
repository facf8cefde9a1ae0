/**
 * Why a transaction failed, as far as it matters for what to do next.
 *
 * - `conflict`: it met another one (deadlock, serialization); the same again will do.
 * - `data`: something in what was written cannot be stored, and never will be.
 * - `unavailable`: the database is away, full, or not as expected; the same again, later.
 */
export type Fault = 'conflict' | 'data' | 'unavailable';

/** Classes of SQLSTATE that speak of the data: cardinality, data exception, constraint, program limit. */
const DATA_CLASSES = ['21', '22', '23', '54'];

const OUR_OWN = [TypeError, RangeError, SyntaxError, ReferenceError];

/** Sorts a failure by its SQLSTATE (PostgreSQL, appendix A). */
export function faultOf(error: unknown): Fault {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)) {
    if (code.startsWith('40')) return 'conflict';
    return DATA_CLASSES.includes(code.slice(0, 2)) ? 'data' : 'unavailable';
  }
  // Thrown by our own code while it worked on what had arrived: no database will make it right.
  if (OUR_OWN.some((kind) => error instanceof kind)) return 'data';
  return 'unavailable';
}
