import { seededChance } from '@tashika/shared/chance';
import { describe, expect, it } from 'vitest';
import { BIT, type Happening, settle } from './log-rank.ts';
import type { DeviceRound } from './signal.ts';
import { addRow, BLANK, type Counted, type OpenState, open } from './state.ts';

const DAY = 86_400;

/** 30 devices of one region, the first 6 of them updated; `chanceOf` says how likely each is to fall silent on a day. */
function play(seed: number, days: number, chanceOf: (row: number, day: number) => number): OpenState {
  const state = open(BLANK);
  for (let row = 0; row < 30; row++)
    addRow(state, { controllerId: `d${row}`, region: '13', board: 'a' } as DeviceRound);
  const chance = seededChance('log-rank', seed);
  for (let day = 1; day <= days; day++) {
    const happenings = Array.from(
      { length: 30 },
      (_, row): Happening => ({
        row,
        side: row < 6 ? 'updated' : 'neighbour',
        began: chance.happens(chanceOf(row, day)) ? BIT.silence : 0,
        holds: 0,
        exposed: 1,
        heard: true,
      }),
    );
    for (let row = 0; row < 6; row++) state.columns.updated[row] = 1;
    for (let row = 6; row < 30; row++) state.columns.heard[row]! += 1;
    state.learned.rounds += 24;
    settle(state, happenings, day * DAY);
  }
  return state;
}

/** Twelve devices of one region, the first of them updated; what begins does so with `hit` in every hour. */
function hourly(hours: number, signal: Counted, hit: readonly number[] = [0]): OpenState {
  const state = open(BLANK);
  for (let row = 0; row < 12; row++)
    addRow(state, { controllerId: `d${row}`, region: '13', board: 'a' } as DeviceRound);
  state.columns.updated[0] = 1;
  for (let hour = 1; hour <= hours; hour++) {
    const happenings = Array.from(
      { length: 12 },
      (_, row): Happening => ({
        row,
        side: row === 0 ? 'updated' : 'neighbour',
        began: hit.includes(row) ? BIT[signal] : 0,
        holds: 0,
        exposed: 6,
        heard: true,
      }),
    );
    settle(state, happenings, hour * 3_600);
  }
  return state;
}

const logsOf = (state: OpenState) => state.bets.silence['']?.logs ?? [0, 0, 0, 0];

describe('the safe logrank test', () => {
  it('wins nothing where both sides are hit alike, however often and in whatever clusters', () => {
    const stories = Array.from({ length: 600 }, (_, seed) => {
      const state = play(seed, 12, (_row, day) => (day % 5 === 0 ? 0.5 : 0.01));
      return logsOf(state);
    });
    for (const ratio of [0, 1]) {
      const won = stories.map((logs) => Math.exp(logs[ratio]!));
      expect(won.filter((e) => e >= 20).length / won.length).toBeLessThan(0.05);
    }
  });

  it('wins where the updated ones are hit more often, and says how often that was to be expected', () => {
    const state = play(1, 40, (row) => (row < 6 ? 0.2 : 0.02));
    expect(Math.max(...logsOf(state))).toBeGreaterThan(10);
    const { seen, expected } = state.bets.silence['']!;
    expect(seen).toBeGreaterThan(30);
    expect(expected).toBeLessThan(20);
  });

  it('counts what holds on, or comes back within the day, once', () => {
    expect(hourly(30, 'clock').bets.clock['']!.seen).toBe(2);
  });

  it('counts three starts of a device in a row, three hours apart, and then one in twelve hours', () => {
    expect([1, 3, 4, 7, 12, 13, 24, 25, 37].map((hours) => hourly(hours, 'restarts').bets.restarts['']!.seen)).toEqual([
      1, 1, 2, 3, 3, 4, 4, 5, 6,
    ]);
  });

  it('counts the starts of neighbours as it does those of updated devices', () => {
    const { columns } = hourly(37, 'restarts', [0, 5]);
    expect([columns.restartsSince[0], columns.restartsPast[5]]).toEqual([6, 6]);
  });
});
