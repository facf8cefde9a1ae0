import { expect, it } from 'vitest';
import type { Parameter, Queryable } from '../../store/index.ts';
import type { RolloutState } from './states.ts';
import { DeviceCounts, waveStateOf } from './view.ts';

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

it('counts the devices of a rollout that is over once, and forgets those that are listed no more', async () => {
  const asked: unknown[] = [];
  const store = {
    async query(_sql: string, [ids]: readonly Parameter[] = []) {
      asked.push(ids);
      return (ids as string[]).map((id) => ({ rollout_id: id, state: 'kept', devices: 8, touched: 8 }));
    },
  } as unknown as Queryable;
  const counts = new DeviceCounts();
  const [over, running] = [
    { id: 'over', endedAt: 1 },
    { id: 'running', endedAt: null },
  ];
  const expected = [{ state: 'kept', devices: 8, touched: 8 }];
  for (const listed of [[over, running], [over, running], [running], [over]])
    for (const [, found] of await counts.of(store, listed)) expect(found).toEqual(expected);
  expect(asked).toEqual([['over', 'running'], ['running'], ['running'], ['over']]);
});
