import { describe, expect, it } from 'vitest';
import { regionVersions, shareLevel, totalVersions } from './versions.ts';

const VERSIONS = {
  asOf: '2026-11-22T00:00:00.000Z',
  regions: [
    {
      region: '13',
      versions: [
        { version: '1.5.0', devices: 1 },
        { version: '1.4.0', devices: 9 },
      ],
    },
    { region: '27', versions: [{ version: '1.4.0', devices: 4 }] },
  ],
};

describe('versions by region', () => {
  it('tell how many devices have the one that is rolled out', () => {
    expect(regionVersions(VERSIONS, '1.5.0').map(({ region, devices, having }) => [region, devices, having])).toEqual([
      ['13', 10, 1],
      ['27', 4, 0],
    ]);
  });

  it('add up over all regions, the most frequent first', () => {
    expect(totalVersions(regionVersions(VERSIONS, null))).toEqual([
      { version: '1.4.0', devices: 13 },
      { version: '1.5.0', devices: 1 },
    ]);
  });

  it('look begun with one device, and done only with the last', () => {
    expect(
      [
        [0, 1000],
        [1, 1000],
        [100, 1000],
        [101, 1000],
        [999, 1000],
        [1000, 1000],
        [0, 0],
      ].map(([having, devices]) => shareLevel(having!, devices!)),
    ).toEqual([0, 1, 2, 3, 4, 5, 0]);
  });
});
