import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampleDevices } from './testing/sample-plan.ts';
import { cumulativeOf, orderOfOffers, type Placed } from './waves.ts';

const placed = fc.uniqueArray(
  fc.record({
    controllerId: fc.string({ minLength: 1, maxLength: 6 }),
    region: fc.constantFrom('01', '13', '14', '27', '40', null),
    board: fc.constantFrom('pi-3', 'pi-4', 'pi-5', null),
  }),
  { selector: ({ controllerId }) => controllerId, minLength: 1, maxLength: 60 },
);
const different = (values: readonly unknown[]) => new Set(values.map((value) => JSON.stringify(value))).size;

describe('the order in which devices are offered an image', () => {
  it('has all boards first, then all regions, then each board in each region', () => {
    fc.assert(
      fc.property(placed, fc.string(), (devices, id) => {
        const order = orderOfOffers(id, devices);
        expect([...order].sort(byId)).toEqual([...devices].sort(byId));
        const boards = different(devices.map(({ board }) => board));
        const regions = different(devices.map(({ region }) => region));
        const groups = different(devices.map(({ region, board }) => [region, board]));
        expect(different(order.slice(0, boards).map(({ board }) => board))).toBe(boards);
        expect(different(order.slice(0, boards + regions).map(({ region }) => region))).toBe(regions);
        expect(different(order.slice(0, groups).map(({ region, board }) => [region, board]))).toBe(groups);
      }),
      { numRuns: 200, seed: 7 },
    );
  });

  it('is the same for the same rollout, in whatever order the devices come, and another for another', () => {
    const devices = sampleDevices(200);
    const order = orderOfOffers('a', devices);
    expect(orderOfOffers('a', [...devices].reverse())).toEqual(order);
    expect(orderOfOffers('b', devices)).not.toEqual(order);
  });

  it('takes each part of the fleet evenly after that', () => {
    const order = orderOfOffers('a', sampleDevices(1000));
    const tenth = order.slice(0, 100);
    for (const region of ['13', '14', '27', '40'])
      expect(Math.abs(tenth.filter((each) => each.region === region).length - 25)).toBeLessThanOrEqual(2);
    expect(Math.abs(tenth.filter((each) => each.board === 'pi-5').length - 20)).toBeLessThanOrEqual(5);
  });
});

it('a part of a fleet is rounded up, and a hundredth of a hundred is one', () => {
  expect([
    cumulativeOf({ percent: 7 }, 100),
    cumulativeOf({ percent: 1 }, 2000),
    cumulativeOf({ percent: 0.1 }, 10),
    cumulativeOf({ percent: 100 }, 7),
  ]).toEqual([7, 20, 1, 7]);
});

const byId = (a: Placed, b: Placed) => (a.controllerId < b.controllerId ? -1 : 1);
