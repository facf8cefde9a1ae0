import type { RolloutSignal } from '@tashika/cloud/api/fleet';
import { expect, it } from 'vitest';
import { renderSignals } from './signals-text.ts';

const NOW = Date.parse('2026-11-22T01:00:00Z');

function signal(parts: Partial<RolloutSignal>): RolloutSignal {
  const at = '2026-11-22T00:50:00.000Z';
  return {
    ...{ signal: 'silence', observed: 0, expected: 0.1, evidence: 1, threshold: 700, devices: 10 },
    ...{ worst: [], since: null, series: [{ at, observed: 0, expected: 0, evidence: 1 }] },
    ...parts,
  };
}

it('the table says which of its figures are of the last round, and of how many devices one says nothing', () => {
  const text = renderSignals(
    [
      signal({}),
      signal({
        ...{ signal: 'rate', observed: 7, expected: 15.7, evidence: 1879, devices: 6, worst: ['d1', 'd2', 'd3', 'd4'] },
        since: '2026-11-22T00:40:00.000Z',
      }),
    ],
    NOW,
  );
  expect(text.split('\n')).toEqual([
    'What the gate saw of 10 devices with the image, up to the round that ended 2026-11-22 00:50:00Z:',
    '  signal   what it counts                    observed  expected  evidence  devices',
    '  silence  fell silent                              0       0.1         1       10',
    '  rate     readings of the last round alone         7      15.7     1,879        6  raised 2026-11-22 00:40:00Z (20 min ago): d1, d2, d3 and 1 more',
    '  The evidence, all other counts, and every sentence above are of the whole time since the updates.',
    '  Evidence begins at 1 and halts at 700.',
    '  Of 4 devices rate says nothing yet: just updated, not heard since then, or without a past to be held against.',
  ]);
});

it('nothing is said of devices that are all looked at', () => {
  expect(renderSignals([signal({}), signal({ signal: 'rate' })], NOW)).not.toContain('says nothing yet');
});
