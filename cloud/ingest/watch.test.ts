import { describe, expect, it } from 'vitest';
import { type PartitionStanding, standingOf } from './watch.ts';

const STALLED_AFTER_MS = 30_000;

/** Looks at one partition again and again, `[seconds, position, last enqueued]`, and answers its states. */
function states(
  ...looks: [seconds: number, position: number | null, lastEnqueued: number, isEmpty?: boolean][]
): string[] {
  let standing: PartitionStanding | undefined;
  return looks.map(([seconds, position, lastEnqueued, isEmpty = false]) => {
    const monotonic = seconds * 1000;
    const observation = { partitionId: '0', position, facts: { isEmpty, lastEnqueued }, monotonic };
    standing = standingOf(standing, observation, STALLED_AFTER_MS);
    return standing.state;
  });
}

describe('a partition', () => {
  it('is caught up when the hub has nothing that is not committed', () => {
    expect(states([0, null, -1, true], [1, 10, 10], [2, 10, 10, true])).toEqual([
      'caught-up',
      'caught-up',
      'caught-up',
    ]);
  });

  it('is behind while its position moves, however slowly', () => {
    expect(states([0, 5, 100], [29, 6, 200], [58, 7, 300])).toEqual(['behind', 'behind', 'behind']);
  });

  it('is stalled when there is more and its position does not move', () => {
    expect(states([0, 5, 100], [29, 5, 200], [30, 5, 300], [31, 6, 300])).toEqual([
      'behind',
      'behind',
      'stalled',
      'behind',
    ]);
  });

  it('has as long as any other for its first event, after any time with nothing to read', () => {
    expect(states([0, 5, 5], [1000, 5, 5], [1001, 5, 6], [1029, 5, 6], [1031, 5, 6])).toEqual([
      'caught-up',
      'caught-up',
      'behind',
      'behind',
      'stalled',
    ]);
  });

  it('is rewound when the hub ends before what was committed', () => {
    expect(states([0, 100, 3])).toEqual(['rewound']);
    expect(states([0, 100, -1, true])).toEqual(['caught-up']);
  });
});
