import type { RegionCode } from '@tashika/shared/regions';
import { describe, expect, it } from 'vitest';
import { formatAddress, parseAddress } from './address.ts';

describe('an address', () => {
  it('names a region, the fleet, or one rollout of it, and reads back as it was written', () => {
    for (const address of [
      { page: 'counts', region: '13' as RegionCode },
      { page: 'fleet', rollout: null },
      { page: 'fleet', rollout: 'agent-1-5-0' },
    ] as const)
      expect(parseAddress(formatAddress(address))).toEqual(address);
  });

  it('that is not known is the counts', () => {
    for (const hash of ['', '#', '#99', '#/fleets', '#/fleet/../x', '#/fleet/A B'])
      expect(parseAddress(hash)).toEqual({ page: 'counts', region: null });
  });
});
