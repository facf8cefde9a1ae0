import type { Region } from '@tashika/shared/regions';

export type Direction = 'up' | 'down' | 'left' | 'right';

const KEYS: ReadonlyMap<string, Direction> = new Map([
  ['ArrowUp', 'up'],
  ['ArrowDown', 'down'],
  ['ArrowLeft', 'left'],
  ['ArrowRight', 'right'],
]);

export function directionOf(key: string): Direction | undefined {
  return KEYS.get(key);
}

/**
 * The tile that an arrow key leads to from `from`: the nearest one in that direction, where a step aside costs
 * twice a step ahead, so that a key crosses the map's empty cells and reaches islands. `from` itself at the edge.
 */
export function neighbour(regions: readonly Region[], from: Region, direction: Direction): Region {
  let best = from;
  let bestCost = Number.POSITIVE_INFINITY;
  for (const region of regions) {
    const across = region.column - from.column;
    const down = region.row - from.row;
    const [ahead, aside] =
      direction === 'up'
        ? [-down, across]
        : direction === 'down'
          ? [down, across]
          : direction === 'left'
            ? [-across, down]
            : [across, down];
    const cost = ahead + 2 * Math.abs(aside);
    if (ahead > 0 && cost < bestCost) {
      best = region;
      bestCost = cost;
    }
  }
  return best;
}
