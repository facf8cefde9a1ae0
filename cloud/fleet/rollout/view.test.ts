import { expect, it } from 'vitest';
import type { RolloutState } from './states.ts';
import { ByRevision, waveStateOf } from './view.ts';

it.each<[RolloutState, number, number | null, string]>([
  ['draft', 0, null, 'waiting waiting waiting'],
  ['running', 2, null, 'passed updating waiting'],
  ['paused', 2, 1_000, 'passed soaking waiting'],
  ['halted', 2, null, 'passed failed skipped'],
  ['rolled-back', 2, null, 'passed failed skipped'],
  ['aborted', 0, null, 'skipped skipped skipped'],
  ['aborted', 2, null, 'passed skipped skipped'],
  ['completed', 3, null, 'passed passed passed'],
])('the waves of a rollout that is %s in wave %i', (state, wave, waveSince, expected) => {
  expect([1, 2, 3].map((each) => waveStateOf({ state, wave, waveSince }, each)).join(' ')).toBe(expected);
});

it('reads the devices of a rollout once a revision, and forgets those that were not asked for the longest', async () => {
  const asked: (readonly string[])[] = [];
  const read = async (ids: readonly string[]) => {
    asked.push(ids);
    return new Map(ids.map((id) => [id, `${id} ${asked.length}`]));
  };
  const kept = new ByRevision<string>(2);
  const [a, b, c] = ['a', 'b', 'c'].map((id) => ({ id, revision: 1 }));
  expect(await kept.of([a!, b!], read)).toEqual(['a 1', 'b 1']);
  expect(await kept.of([b!, a!], read)).toEqual(['b 1', 'a 1']);
  expect(await kept.of([{ ...a!, revision: 2 }, b!], read)).toEqual(['a 2', 'b 1']);
  expect(await kept.of([c!, b!, a!], read)).toEqual(['c 3', 'b 1', 'a 3']);
  expect(await kept.of([b!, c!], read)).toEqual(['b 1', 'c 4']);
  expect(asked).toEqual([['a', 'b'], ['a'], ['c', 'a'], ['c']]);
});
