import { TestClock } from '@tashika/shared/time';
import { expect, it } from 'vitest';
import type { Store } from '../../store/index.ts';
import { PollTimes } from './poll-times.ts';

function pollTimesOver() {
  const clock = new TestClock(1_000_000);
  const written: (readonly [ids: readonly string[], times: readonly number[]])[] = [];
  const warnings: string[] = [];
  const state = { away: false };
  const store = {
    async query(_: string, [, ids, times]: [string, string[], number[]]) {
      if (state.away) throw new Error('away');
      written.push([ids, times]);
      return [];
    },
  } as unknown as Store;
  const warn = (_: object, message: string) => void warnings.push(message);
  const logger = { debug() {}, info() {}, warn, error() {} };
  return { pollTimes: new PollTimes({ store, clock, logger, tenant: 'tashika' }), clock, written, warnings, state };
}

it('polls are written once a second, the last time of each device, and nothing while there are none', async () => {
  const { pollTimes, clock, written } = pollTimesOver();
  pollTimes.note('pi-1', 1);
  pollTimes.note('pi-2', 2);
  pollTimes.note('pi-1', 3);
  await clock.advance(999);
  expect(written).toEqual([]);
  expect(pollTimes.of('pi-1')).toBe(3);
  await clock.advance(1);
  expect(written).toEqual([
    [
      ['pi-1', 'pi-2'],
      [3, 2],
    ],
  ]);
  await clock.advance(10_000);
  expect(written.length).toBe(1);
  expect(clock.pending).toBe(0);
});

it('what waits is written at the end', async () => {
  const { pollTimes, clock, written } = pollTimesOver();
  pollTimes.note('pi-1', 1);
  await pollTimes.stop();
  expect(written).toEqual([[['pi-1'], [1]]]);
  expect(clock.pending).toBe(0);
});

it('while the store is away they wait, a newer one in place of an older, and one word of it is logged', async () => {
  const { pollTimes, clock, written, warnings, state } = pollTimesOver();
  state.away = true;
  pollTimes.note('pi-1', 1);
  pollTimes.note('pi-2', 1);
  await clock.advance(3_000);
  pollTimes.note('pi-1', 9);
  state.away = false;
  await clock.advance(1_000);
  expect(written.flatMap(([ids, times]) => ids.map((id, place) => [id, times[place]])).sort()).toEqual([
    ['pi-1', 9],
    ['pi-2', 1],
  ]);
  expect(warnings).toEqual(['when updaters asked can not be written']);
});
