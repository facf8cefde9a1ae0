/** One figure of a benchmark run. */
export interface Result {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What it is asked to be, in words; absent where a figure is only told. */
  readonly goal?: string;
  readonly met?: boolean;
}

/** A figure held against a least value. */
export function atLeast(name: string, value: number, least: number, unit = 'ratio'): Result {
  return { name, value, unit, goal: `≥ ${least}`, met: value >= least };
}

/** A figure held against a greatest value. */
export function atMost(name: string, value: number, most: number, unit = 'ratio'): Result {
  return { name, value, unit, goal: `≤ ${most}`, met: value <= most };
}

/** A figure that has to stay below a bound. */
export function below(name: string, value: number, bound: number, unit: string): Result {
  return { name, value, unit, goal: `< ${bound}`, met: value < bound };
}

export function told(name: string, value: number, unit: string): Result {
  return { name, value, unit };
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value below which a share `q` of the values lies; nearest rank. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] ?? Number.NaN;
}
