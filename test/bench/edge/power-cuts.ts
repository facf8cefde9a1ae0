import { type PowerCutOutcome, runPowerCuts } from '@tashika/edge/spool/testing';
import type { Result } from '../result.ts';
import { atMost, told } from '../result.ts';

const CUTS = 200;
/** Cuts of one run; each run has the next seed. */
const CUTS_OF_A_RUN = 10;

const WAYS = {
  'in order': {},
  'live first': { order: 'live-first', liveMs: 3_000 },
  'until confirmed': { keepUntilConfirmed: true },
  'until confirmed, live first': { keepUntilConfirmed: true, order: 'live-first', liveMs: 3_000 },
} as const;

/** Two hundred power cuts, by seed, of each way that a spool can be set to work. */
export async function powerCuts(cuts = CUTS): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (const [name, options] of Object.entries(WAYS)) {
    const outcomes: PowerCutOutcome[] = [];
    for (let seed = 1; seed <= cuts / CUTS_OF_A_RUN; seed++)
      outcomes.push(await runPowerCuts(seed, CUTS_OF_A_RUN, options));
    const sum = (of: (outcome: PowerCutOutcome) => number) => outcomes.reduce((total, each) => total + of(each), 0);
    results.push(
      atMost(
        `readings lost or doubled over ${cuts} power cuts, ${name}`,
        sum((each) => each.lost + each.doubled),
        0,
        'readings',
      ),
      told(
        '… readings promised',
        sum(({ promised }) => promised),
        'readings',
      ),
      told(
        '… that came twice and were known',
        sum(({ repeated }) => repeated),
        'readings',
      ),
    );
  }
  return results;
}
