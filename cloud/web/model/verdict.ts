import type { Balance } from './devices.ts';
import type { MinutePoint } from './series.ts';

/**
 * Whether a region's count of a final minute can be believed:
 * - `unsettled`: readings are known to be outstanding, or a device has not been heard since and may hold some;
 * - `short`: nothing is outstanding, but devices gave up readings, which may have belonged to this minute;
 * - `unverifiable`: nothing speaks against it, but some devices number nothing or were not looked at;
 * - `certain`: all its devices were heard after the minute, and every reading that they told of is counted;
 * - `unknown`: no device of the region is known.
 */
export type Certainty = 'unsettled' | 'short' | 'unverifiable' | 'certain' | 'unknown';

export interface Verdict {
  readonly certainty: Certainty;
  /** Change against what is usual, as a fraction (-0.25: a quarter below); null where nothing is usual yet. */
  readonly change: number | null;
}

/**
 * `isOfAllDevices` says whether the balance is of the whole region or of its first devices only.
 * A gap counts as no readings: against the usual it is a fall of the whole.
 */
export function verdictOn(
  point: MinutePoint,
  usual: number | null,
  balance: Balance,
  isOfAllDevices: boolean,
): Verdict {
  const certainty = certaintyOf(balance);
  return {
    certainty: certainty === 'certain' && !isOfAllDevices ? 'unverifiable' : certainty,
    change: usual === null || usual === 0 ? null : ((point.readings ?? 0) - usual) / usual,
  };
}

function certaintyOf(balance: Balance): Certainty {
  if (balance.devices === 0) return 'unknown';
  if (balance.unheard > 0 || balance.held > 0 || balance.missing > 0) return 'unsettled';
  if (balance.lost > 0) return 'short';
  if (balance.unnumbered > 0) return 'unverifiable';
  return 'certain';
}
