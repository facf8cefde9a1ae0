import type { Duration } from '@tashika/shared/time';

/** How the devices of a field behave, over days. Rates are per device unless said otherwise. */
export interface FieldHabits {
  /** Readings an hour of the device in the middle, and how far the others are from it (sd of the logarithm). */
  readonly readingsPerHour: number;
  readonly readingsSpread: number;
  /** How far a device's rate wanders from its own mean (sd of the logarithm), and how fast it forgets. */
  readonly drift: number;
  readonly driftMs: Duration;
  /** How far the rate of all devices, and of a region's, wanders (sd of the logarithm): weather, holidays. */
  readonly sharedDrift: number;
  readonly regionDrift: number;
  /** Activity in the middle of the night, by day being 1: of most devices, of some that know no night, of some that are busy then. */
  readonly nights: readonly { readonly share: number; readonly activity: number }[];
  /** Times between posts. */
  readonly posting: readonly { readonly share: number; readonly everyMs: Duration }[];
  /** Times that a device loses its link a day; how long, in the middle, and the sd of the logarithm. */
  readonly outagesPerDay: number;
  readonly outageMs: Duration;
  readonly outageSpread: number;
  /** A third of a region's devices are on the same cell; how often one fails a day, and a whole region's network. */
  readonly cellOutagesPerDay: number;
  readonly regionOutagesPerDay: number;
  readonly sharedOutageMs: readonly [shortest: Duration, longest: Duration];
  /** Readings that go out in a round at most, as a multiple of what is taken. */
  readonly drain: number;
  /** Readings that a spool holds; what is beyond is given up and told as lost. */
  readonly spoolReadings: number;
  /** Starts of the agent a day, on average; devices differ as a gamma distribution of shape 2. */
  readonly startsPerDay: number;
  /** Share of starts that are the first of many: a loose plug. */
  readonly flapping: number;
  /** Share of devices that send ages, and of those whose clock is never right. */
  readonly relativeShare: number;
  readonly uncertainShare: number;
  /** How often a clock is lost for a while a day. */
  readonly clockLossesPerDay: number;
  /** Devices that fall silent for good, that lose half of their sensors, that lose readings, a day. */
  readonly deathsPerDay: number;
  readonly sensorFaultsPerDay: number;
  readonly lossesPerDay: number;
  /** Posts that overtake each other: numbers are missing for a while. */
  readonly overtakingPerDay: number;
  /** Links that are up and too narrow for a while: the spool grows. */
  readonly congestionsPerDay: number;
  /** Posts that are refused for another reason than their device. */
  readonly strayDeadLettersPerDay: number;
}

const MINUTE: Duration = 60_000;
const HOUR: Duration = 3_600_000;

export const FIELD: FieldHabits = {
  readingsPerHour: 120,
  readingsSpread: 0.8,
  drift: 0.08,
  driftMs: 12 * HOUR,
  sharedDrift: 0.1,
  regionDrift: 0.06,
  nights: [
    { share: 0.7, activity: 0.5 },
    { share: 0.2, activity: 1 },
    { share: 0.1, activity: 1.4 },
  ],
  posting: [
    { share: 0.8, everyMs: 2 * MINUTE },
    { share: 0.15, everyMs: 20 * MINUTE },
    { share: 0.05, everyMs: 2 * HOUR },
  ],
  outagesPerDay: 0.5,
  outageMs: 10 * MINUTE,
  outageSpread: 1.2,
  cellOutagesPerDay: 0.01,
  regionOutagesPerDay: 0.004,
  sharedOutageMs: [15 * MINUTE, 5 * HOUR],
  drain: 20,
  spoolReadings: 50_000,
  startsPerDay: 0.5,
  flapping: 0.02,
  relativeShare: 0.1,
  uncertainShare: 0.02,
  clockLossesPerDay: 0.03,
  deathsPerDay: 0.001,
  sensorFaultsPerDay: 0.001,
  lossesPerDay: 0.01,
  overtakingPerDay: 0.1,
  congestionsPerDay: 0.02,
  strayDeadLettersPerDay: 0.005,
};
