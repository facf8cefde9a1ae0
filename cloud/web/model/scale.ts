/** How dark a tile is: 0 for none, then five steps. */
export type Level = 0 | 1 | 2 | 3 | 4 | 5;

/** The largest count of each step. */
export type Scale = readonly [number, number, number, number, number];

/** The top of an axis or a scale: the next of 5, 10, 20, 50, 100, … at or above the largest count. */
export function roundTop(largest: number): number {
  if (largest <= 5) return 5;
  const power = 10 ** Math.floor(Math.log10(largest));
  const factor = [1, 2, 5].find((each) => each * power >= largest) ?? 10;
  return factor * power;
}

/**
 * Steps of 1, 2, 5, 10, … up to the largest count. They grow with the count because regions do: with equal
 * steps one metropolis would push all others into the lowest.
 */
export function scaleFor(largest: number): Scale {
  const top = roundTop(largest);
  if (top === 5) return [1, 2, 3, 4, 5];
  if (top === 10) return [1, 2, 4, 6, 10];
  const leads = String(top)[0];
  const ratios = leads === '5' ? [25, 10, 5, 2.5] : leads === '2' ? [20, 10, 4, 2] : [20, 10, 5, 2];
  return [...ratios.map((ratio) => top / ratio), top] as unknown as Scale;
}

/** The step that a count falls into; what is above the top is in the last one. */
export function levelOf(count: number, scale: Scale): Level {
  if (count <= 0) return 0;
  const step = scale.findIndex((largest) => count <= largest);
  return (step === -1 ? 5 : step + 1) as Level;
}
