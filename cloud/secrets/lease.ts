import type { Duration } from '@tashika/shared/time';
import { backoffMs } from './backoff.ts';

/**
 * What is known of something that Vault gave, a token, credentials or a key, and what is to be done about it next.
 * Times are on the monotonic clock.
 */
export interface LeaseState {
  /** For how long it was granted at first. */
  readonly grantedMs: Duration;
  /** When it ends; Infinity for what has no lease. */
  readonly endsAt: Duration;
  /** When Vault last gave it, renewed it, or said that it is still the latest. */
  readonly confirmedAt: Duration;
  /** Attempts that failed in a row. */
  readonly failures: number;
  /** Undefined for what is good for ever. */
  readonly next: LeaseStep | undefined;
}

/** `renew` makes the same good for longer; `replace` asks for another one, or whether there is one. */
export interface LeaseStep {
  readonly what: 'renew' | 'replace';
  readonly at: Duration;
}

/** What was granted: for how long, 0 being for ever, and whether it can be renewed. */
export interface Grant {
  readonly durationMs: Duration;
  readonly renewable: boolean;
}

/** What was learnt of it. */
export type LeaseNews =
  | ({ readonly kind: 'granted' } & Grant)
  | ({ readonly kind: 'renewed' } & Grant)
  /** It has no lease, and is looked at again at a rhythm. */
  | { readonly kind: 'seen'; readonly everyMs: Duration }
  /** Vault does not answer, or not now. */
  | { readonly kind: 'postponed'; readonly askedMs?: Duration }
  /** Vault does not know it any more, or refuses. */
  | { readonly kind: 'refused' }
  /** What it is for does not take it any more. */
  | { readonly kind: 'suspected' }
  /** What it was given under is gone, and it with that. */
  | { readonly kind: 'orphaned' };

/** The share of a lease after which it is renewed, give or take the jitter. */
const DUE = 2 / 3;
const JITTER = 0.05;
/** A renewal that gives less than this share of what was granted at first was cut short by the greatest age. */
const WHOLE = 0.9;
/** Suspicion asks Vault no more often. */
const SUSPECTED_EVERY_MS: Duration = 5_000;

/**
 * The state after some news. A lease is renewed when a third of its time is left, or replaced then, where it can't be
 * renewed or its last renewal was cut short: there is as much time left for what its replacement takes. What fails is
 * tried again at growing distances: as a renewal while the lease is good, as a replacement from then on.
 *
 * @param before undefined before the first grant
 * @param random uniform in [0, 1)
 */
export function leaseAfter(before: LeaseState | undefined, news: LeaseNews, now: Duration, random: number): LeaseState {
  switch (news.kind) {
    case 'granted':
      return goodFor(news, news.durationMs, now, random);
    case 'renewed':
      return renewed(before, news, now, random);
    case 'seen':
      return {
        ...FOR_EVER,
        confirmedAt: now,
        next: { what: 'replace', at: now + news.everyMs * (0.9 + 0.2 * random) },
      };
    case 'suspected':
      return suspected(before ?? NOTHING, now);
    case 'orphaned':
      return { ...(before ?? NOTHING), next: { what: 'replace', at: now } };
    default:
      return failed(before ?? NOTHING, news, now, random);
  }
}

const FOR_EVER = { grantedMs: 0, endsAt: Number.POSITIVE_INFINITY, failures: 0, next: undefined };
const NOTHING: LeaseState = {
  ...FOR_EVER,
  endsAt: Number.NEGATIVE_INFINITY,
  confirmedAt: Number.NEGATIVE_INFINITY,
};

function goodFor({ durationMs, renewable }: Grant, grantedMs: Duration, now: Duration, random: number): LeaseState {
  if (durationMs === 0) return { ...FOR_EVER, confirmedAt: now };
  const endsAt = now + durationMs;
  const what = renewable && durationMs >= WHOLE * grantedMs ? 'renew' : 'replace';
  const leftMs = grantedMs * (1 - DUE - JITTER * (2 * random - 1));
  return { grantedMs, endsAt, confirmedAt: now, failures: 0, next: { what, at: Math.max(now, endsAt - leftMs) } };
}

/** What was granted for a time does not become good for ever: in its last second Vault's whole seconds are 0. */
function renewed(before: LeaseState | undefined, grant: Grant, now: Duration, random: number): LeaseState {
  const grantedMs = before?.grantedMs || grant.durationMs;
  if (grant.durationMs > 0 || grantedMs === 0) return goodFor(grant, grantedMs, now, random);
  return { grantedMs, endsAt: now, confirmedAt: now, failures: 0, next: { what: 'replace', at: now } };
}

/** What is used ever so often is refused ever so often; that must not bring more questions than one that fails may. */
function suspected(before: LeaseState, now: Duration): LeaseState {
  const soon = Math.max(now, before.confirmedAt + SUSPECTED_EVERY_MS);
  const at = before.failures > 0 && before.next ? Math.max(now, before.next.at) : soon;
  return { ...before, next: { what: 'replace', at } };
}

function failed(
  before: LeaseState,
  news: Extract<LeaseNews, { kind: 'postponed' | 'refused' }>,
  now: Duration,
  random: number,
): LeaseState {
  const failures = before.failures + 1;
  const renewing = before.next?.what === 'renew';
  // A renewal that is refused says that there is nothing to renew: no reason to wait with the replacement.
  if (news.kind === 'refused' && renewing) return { ...before, failures, next: { what: 'replace', at: now } };
  const at = now + backoffMs(failures, random, news.kind === 'postponed' ? news.askedMs : 0);
  return { ...before, failures, next: { what: renewing && at < before.endsAt ? 'renew' : 'replace', at } };
}
