/** How dark a tile is: 0 for none, then five steps. */
export type Level = 0 | 1 | 2 | 3 | 4 | 5;

/** The top of the scale: the next of 5, 10, 20, 50, 100, … at or above the largest count. */
export function scaleTop(largest: number): number {
  if (largest <= 5) return 5;
  const power = 10 ** Math.floor(Math.log10(largest));
  const step = [1, 2, 5].find((factor) => factor * power >= largest);
  return (step ?? 10) * power;
}

/** The step that a count falls into: five equal ones up to `top`, each including its upper end. */
export function levelOf(count: number, top: number): Level {
  if (count <= 0) return 0;
  return Math.min(5, Math.ceil((count / top) * 5)) as Level;
}
