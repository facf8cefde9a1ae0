import type { Timestamp } from '@tashika/shared/time';
import { badImages, GOOD, type ImageEffect, type SharedOutage } from './model/index.ts';

/** A story of an image and a field. */
export interface Scenario {
  readonly name: string;
  readonly effect: ImageEffect;
  /** What is to come of it. */
  readonly expected: 'completed' | 'halted';
  /**
   * How many device-days with the image it takes until what it does can be told from chance by who knows what to look
   * for: the earliest wave that has them, soak included, is the one where its signal can first be seen.
   */
  readonly deviceDays: number;
  /** What the network does beside, by when the rollout starts. */
  readonly outages?: (start: Timestamp) => readonly SharedOutage[];
}

/** What `one-region` fails on: some forty of 2,000 devices. */
export const FAILING = { region: '27', board: 'tashika-rpi5' } as const;

const HOUR = 3_600_000;
const bad = badImages(FAILING.region, FAILING.board);

/**
 * For what falls silent or says that its clock is wrong a device is enough, and for a fall of readings a few. Starts are
 * rare: at one every second day, the logarithm of the likelihood ratio of twice as many to as many grows by
 * 0.5 × (2 ln 2 − 1) = 0.19 a device-day, and ln(7 signals ÷ 0.01) = 6.6 is asked for.
 */
export const SCENARIOS: readonly Scenario[] = [
  { name: 'good', effect: GOOD, expected: 'completed', deviceDays: 0 },
  { name: 'drops-readings', effect: bad['drops-readings'], expected: 'halted', deviceDays: 2 },
  { name: 'doubles-restarts', effect: bad['doubles-restarts'], expected: 'halted', deviceDays: 35 },
  { name: 'wrong-clock', effect: bad['wrong-clock'], expected: 'halted', deviceDays: 1 },
  { name: 'silent-after-six-hours', effect: bad['silent-after-six-hours'], expected: 'halted', deviceDays: 1 },
  { name: 'one-region', effect: bad['one-region'], expected: 'halted', deviceDays: 1 },
  {
    name: 'good-with-outage',
    effect: GOOD,
    expected: 'completed',
    deviceDays: 0,
    outages: (start) =>
      // The whole region of Tokyo while the first wave is watched, and of Osaka with two hundred devices updated.
      [
        { region: '13', from: start + 6 * HOUR, until: start + 9 * HOUR },
        { region: '27', from: start + 40 * HOUR, until: start + 43 * HOUR },
      ],
  },
];

/** A scenario by its name. */
export function scenarioOf(name: string): Scenario {
  const scenario = SCENARIOS.find((each) => each.name === name);
  if (!scenario)
    throw new Error(`There is no scenario ${name}; there are ${SCENARIOS.map((each) => each.name).join(', ')}.`);
  return scenario;
}
