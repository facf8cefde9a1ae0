import { REGIONS, regionOf, resolveRegion } from '@tashika/shared/regions';
import { describe, expect, it } from 'vitest';
import { type Direction, directionOf, neighbour } from './grid.ts';

const region = (name: string) => regionOf(resolveRegion(name)!);
const from = (name: string, direction: Direction) => neighbour(REGIONS, region(name), direction).en;

describe('an arrow key', () => {
  it('leads to the tile beside', () => {
    expect(from('Tokyo', 'left')).toBe('Saitama');
    expect(from('Tokyo', 'right')).toBe('Chiba');
    expect(from('Tokyo', 'up')).toBe('Tochigi');
  });

  it('crosses the strait to Hokkaido and the sea to Okinawa', () => {
    expect(from('Aomori', 'up')).toBe('Hokkaido');
    expect(from('Hokkaido', 'down')).toBe('Aomori');
    expect(from('Kumamoto', 'down')).toBe('Okinawa');
    expect(from('Okinawa', 'up')).toBe('Kumamoto');
  });

  it('stays at the edge', () => {
    expect(from('Hokkaido', 'up')).toBe('Hokkaido');
    expect(from('Okinawa', 'left')).toBe('Okinawa');
  });

  it('reaches every prefecture from Tokyo', () => {
    const reached = new Set([region('Tokyo')]);
    for (const each of reached) {
      for (const direction of ['up', 'down', 'left', 'right'] as const)
        reached.add(neighbour(REGIONS, each, direction));
    }
    expect(reached.size).toBe(47);
  });

  it('is told apart from other keys', () => {
    expect(directionOf('ArrowLeft')).toBe('left');
    expect(directionOf('Enter')).toBeUndefined();
    expect(directionOf('toString')).toBeUndefined();
  });
});
