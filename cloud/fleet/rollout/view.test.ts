import { expect, it } from 'vitest';
import type { RolloutState } from './states.ts';
import { waveStateOf } from './view.ts';

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
