import type { Duration } from '@tashika/shared/time';
import type { Measurement } from '../port.ts';
import { matchesPattern } from './pattern.ts';
import type { ReportingRule } from './settings.ts';

/** What was measured of one name, and what of it became a reading. Times are monotonic. */
export interface Known {
  /** The last reading, as it was taken, and when it was reported. */
  readonly reported: Measurement;
  readonly reportedAt: Duration;
  /** The last measurement that became no reading, where it is younger than `reported`. */
  readonly held?: Measurement | undefined;
  /** Whether the source has measured it since it began to run the last time. */
  readonly fresh: boolean;
}

/** The first rule that matches holds, alone. */
export function ruleOf(rules: readonly ReportingRule[], name: string): ReportingRule | undefined {
  return rules.find((rule) => matchesPattern(rule.name, name));
}

/** The measurement with what its rule says of it: how dear it is, and whether it is out of its range. */
export function marked({ range, priority }: ReportingRule, measurement: Measurement): Measurement {
  const { value } = measurement;
  const outside = range !== undefined && typeof value === 'number' && (value < range[0]! || value > range[1]!);
  return {
    ...measurement,
    ...(priority !== 'normal' && { priority }),
    ...(outside && { suspect: true }),
  };
}

/** Whether a rule needs to know what came before. */
export function remembers({ minIntervalMs, maxIntervalMs, deadband, deadbandShare }: ReportingRule): boolean {
  return [minIntervalMs, maxIntervalMs, deadband, deadbandShare].some((each) => each !== undefined);
}

/**
 * Whether a measurement becomes a reading now. A first one does; so does one that says something of another kind than
 * the last reading: a change of text or of true and false, into or out of the range, of unit, of region.
 */
export function reportsNow(
  rule: ReportingRule,
  known: Known | undefined,
  measured: Measurement,
  now: Duration,
): boolean {
  if (known === undefined || saysOtherwise(known.reported, measured)) return true;
  const age = now - known.reportedAt;
  if (age >= (rule.maxIntervalMs ?? Number.POSITIVE_INFINITY)) return true;
  return age >= (rule.minIntervalMs ?? 0) && changes(rule, known.reported, measured);
}

/** Whether a change is held back only until the least interval is over. */
export function waits(rule: ReportingRule, { reported, held }: Known): boolean {
  return held !== undefined && changes(rule, reported, held);
}

/** When something of this name is to be reported although nothing more is measured; never, where nothing is. */
export function dueAt(rule: ReportingRule, known: Known): Duration {
  const { reportedAt, fresh } = known;
  return Math.min(
    waits(rule, known) ? reportedAt + (rule.minIntervalMs ?? 0) : Number.POSITIVE_INFINITY,
    fresh ? reportedAt + (rule.maxIntervalMs ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY,
  );
}

/** What is reported when it is due: what was held back, as it was taken; else the last reading again, as of now. */
export function dueReport({ reported, held }: Known, now: Duration): Measurement {
  return held ?? { ...reported, at: { monotonicMs: now } };
}

function saysOtherwise(last: Measurement, next: Measurement): boolean {
  if (last.suspect !== next.suspect || last.unit !== next.unit || last.region !== next.region) return true;
  if (typeof last.value === 'number' && typeof next.value === 'number') return false;
  return last.value !== next.value;
}

/** Whether a rule that reports changes sees one; without a deadband every measurement is news. */
function changes({ deadband, deadbandShare }: ReportingRule, last: Measurement, next: Measurement): boolean {
  if (deadband === undefined && deadbandShare === undefined) return true;
  if (typeof last.value !== 'number' || typeof next.value !== 'number') return last.value !== next.value;
  const band = Math.max(deadband ?? 0, (deadbandShare ?? 0) * Math.abs(last.value));
  return Math.abs(next.value - last.value) > band;
}
