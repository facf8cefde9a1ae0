import type { Chance } from '@tashika/shared/chance';
import type { Duration } from '@tashika/shared/time';

const DAY: Duration = 86_400_000;

/** Standard normal, by Box and Muller. */
export function normal(chance: Chance): number {
  return Math.sqrt(-2 * Math.log(1 - chance.next())) * Math.cos(2 * Math.PI * chance.next());
}

/** How many of what happens `mean` times on average; above 30 by the normal distribution. */
export function poisson(chance: Chance, mean: number): number {
  if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(chance)));
  const least = Math.exp(-mean);
  let product = chance.next();
  let count = 0;
  while (product > least) {
    product *= chance.next();
    count += 1;
  }
  return count;
}

/** The wait for what happens so often a day, in ms. */
export function waitFor(chance: Chance, perDay: number): Duration {
  return perDay <= 0 ? Number.POSITIVE_INFINITY : (-Math.log(1 - chance.next()) / perDay) * DAY;
}

/** One of several, by their shares. */
export function pick<Option extends { readonly share: number }>(chance: Chance, options: readonly Option[]): Option {
  let draw = chance.next() * options.reduce((sum, { share }) => sum + share, 0);
  for (const option of options) {
    draw -= option.share;
    if (draw < 0) return option;
  }
  return options.at(-1)!;
}
