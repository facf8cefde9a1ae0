import type { Duration } from '@tashika/shared/time';

/** What an image does to a device that runs it, beside what the field does. */
export interface ImageEffect {
  /** Share of readings that are still taken; the others get no number, so that nobody misses them. */
  readonly takes?: number;
  /** Share of readings that get a number and never arrive. */
  readonly loses?: number;
  /** The agent starts this many times as often. */
  readonly starts?: number;
  /** The clock is wrong: it says so (`uncertain`), or it is ahead by half an hour for a third of the posts. */
  readonly clock?: 'uncertain' | 'ahead';
  /** How long after the update the clock goes wrong. */
  readonly clockAfterMs?: Duration;
  /** How long after the update the device falls silent, a little earlier or later each. */
  readonly silentAfterMs?: Duration;
  /** Only a part of what is taken goes out: the spool grows. */
  readonly sends?: number;
  /** It does this only to such devices. */
  readonly only?: { readonly region: string; readonly board: string };
}

const HOUR: Duration = 3_600_000;

export const GOOD: ImageEffect = {};

/** The five bad images that a gate has to see, and variants of them. `region` and `board` are what `one-region` fails on. */
export function badImages(region: string, board: string) {
  return {
    'drops-readings': { takes: 0.8 },
    'doubles-restarts': { starts: 2 },
    'wrong-clock': { clock: 'uncertain', clockAfterMs: HOUR },
    'silent-after-six-hours': { silentAfterMs: 6 * HOUR },
    'one-region': { takes: 0.3, only: { region, board } },
    'loses-readings': { loses: 0.2 },
    'clock-ahead': { clock: 'ahead', clockAfterMs: HOUR },
    'spool-grows': { sends: 0.6 },
  } as const satisfies Record<string, ImageEffect>;
}

export type BadImage = keyof ReturnType<typeof badImages>;
