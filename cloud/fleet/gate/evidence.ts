/**
 * The gate's statistic: a gamma-Poisson mixture test, as an e-process.
 *
 * Of a device, `x` counts things (readings, starts, times that it fell silent) where `mu` were to be expected. Under the
 * null it is Poisson around γ·mu; γ is the device's own, constant, and gamma distributed with mean 1 and shape `k`, which
 * is learned from its past and from its neighbours: devices differ, and more than Poisson lets them. Under the
 * alternative there are `ratio` times as many. γ integrated out, the likelihood ratio of all that was seen so far depends
 * on the totals alone. Under the null it is a martingale from 1 on; the mean of it over several ratios is one too
 * (Robbins' method of mixtures), so by Ville's inequality the chance that it EVER reaches 1/α is at most α, however often
 * one looks. Products over devices and means over strata are e-processes again.
 *
 * H. Robbins, Statistical methods related to the law of the iterated logarithm, Ann. Math. Statist. 41 (1970);
 * J. Ville, Étude critique de la notion de collectif (1939); A. Ramdas, P. Grünwald, V. Vovk, G. Shafer, Game-theoretic
 * statistics and safe anytime-valid inference, Statistical Science 38 (2023); V. Vovk, R. Wang, E-values: calibration,
 * combination and applications, Ann. Statist. 49 (2021), for means of e-values.
 */

/**
 * The logarithm of the likelihood ratio of one device.
 *
 * @param x what was counted, in units in which it is Poisson; need not be whole
 * @param mu what was to be expected
 * @param k shape of the gamma distribution: 1 ÷ the variance of γ
 * @param ratio of the alternative
 */
export function logEvidence(x: number, mu: number, k: number, ratio: number): number {
  return x * Math.log(ratio) - (x + k) * Math.log((k + ratio * mu) / (k + mu));
}

/**
 * No single device says more than this, so that one that breaks for a reason of its own, which a field has some of,
 * halts nothing, nor do two. A bounded martingale is a supermartingale: what is said above stays true.
 */
export const MOST_OF_A_DEVICE = Math.log(50);
/**
 * What it says of its region and of that region's boards, where few devices are and little is bet: three of them must be
 * able to halt (100³ × 1/6 on all 141 boards of 47 regions is 1,182), and two can't.
 */
export const MOST_IN_ITS_REGION = Math.log(100);

/** The mean of e-values that are given by their logarithms; so large a number that JSON holds it at most. */
export function meanOfExponentials(logs: readonly number[]): number {
  let sum = 0;
  for (const log of logs) sum += Math.exp(Math.min(log, 690));
  return Math.min(sum / logs.length, 1e300);
}
