import { describe, expect, it } from 'vitest';
import { DEVICE_STATES } from '../../fleet/rollout/states.ts';
import { DEVICE_GROUPS, devicesIn, mostRelevant, segmentsOf } from './rollout.ts';

describe('the bar of a wave', () => {
  it('shows every state that a device can be in, each in one group', () => {
    expect(Object.values(DEVICE_GROUPS).flat().sort()).toEqual([...DEVICE_STATES].sort());
  });

  it('has a segment for each group with devices, in the order of an update', () => {
    expect(segmentsOf({ waiting: 5, downloading: 2, rebooting: 1, kept: 3, failed: 0 })).toEqual([
      { group: 'kept', devices: 3, states: [['kept', 3]] },
      {
        group: 'underWay',
        devices: 3,
        states: [
          ['downloading', 2],
          ['rebooting', 1],
        ],
      },
      { group: 'waiting', devices: 5, states: [['waiting', 5]] },
    ]);
  });

  it('counts groups together', () => {
    expect(devicesIn({ kept: 3, updated: 4, vanished: 1 }, 'kept', 'updated')).toBe(7);
  });
});

describe('the rollout that is shown first', () => {
  const rollout = (state: 'running' | 'halted' | 'completed' | 'draft', createdAt: string) => ({ state, createdAt });

  it('is one in trouble before one that runs, before the newest of the rest', () => {
    const done = rollout('completed', '2026-11-01');
    const newer = rollout('draft', '2026-11-04');
    const running = rollout('running', '2026-11-02');
    const halted = rollout('halted', '2026-10-01');
    expect(mostRelevant([done, newer, running, halted])).toBe(halted);
    expect(mostRelevant([done, newer, running])).toBe(running);
    expect(mostRelevant([done, newer])).toBe(newer);
    expect(mostRelevant([])).toBeUndefined();
  });
});
