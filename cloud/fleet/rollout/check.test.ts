import { describe, expect, it } from 'vitest';
import { checkPlan, type PlanContext } from './check.ts';
import type { RolloutPlan } from './plan.ts';
import { sampleDevices, samplePlan, sampleRecord } from './testing/sample-plan.ts';

const MINUTE = 60_000;

function context(parts: Partial<PlanContext> = {}): PlanContext {
  return {
    image: { record: sampleRecord(), revokedReason: null },
    devices: sampleDevices(100),
    busy: new Map(),
    roundMs: 10 * MINUTE,
    ...parts,
  };
}

const problemsOf = (plan: Parameters<typeof samplePlan>[0], parts: Partial<PlanContext> = {}) =>
  checkPlan(samplePlan(plan), context(parts)).problems;
const wavesOf = (plan: Partial<RolloutPlan>, parts: Partial<PlanContext> = {}) =>
  checkPlan(samplePlan(plan), context(parts)).waves!;

describe('the waves of a plan', () => {
  const waves = [{ devices: 10 }, { percent: 1 }, { percent: 10 }, { percent: 50 }, { percent: 100 }];

  it('are cumulative, in devices or in parts of those that do not have the image, and no device is in two', () => {
    const { devices, sizes, leftOut, haveIt } = wavesOf({ waves }, { devices: sampleDevices(2000) });
    expect(sizes).toEqual([10, 20, 200, 1000, 2000]);
    expect([1, 2, 3, 4, 5].map((wave) => devices.filter((each) => each.wave === wave).length)).toEqual([
      10, 10, 180, 800, 1000,
    ]);
    expect(new Set(devices.map(({ controllerId }) => controllerId)).size).toBe(2000);
    expect([leftOut, haveIt]).toEqual([0, 0]);
  });

  it('may leave devices out and pass over those that have it, and say so', () => {
    const devices = [...sampleDevices(100), { ...sampleDevices(1)[0]!, controllerId: 'ahead', version: '1.5.0' }];
    const found = wavesOf({ waves: [{ percent: 2.5 }, { percent: 50 }] }, { devices });
    expect(found.sizes).toEqual([3, 50]);
    expect(found.devices.map(({ controllerId }) => controllerId)).not.toContain('ahead');
    expect([found.leftOut, found.haveIt]).toEqual([50, 1]);
  });

  it.each<[string, RolloutPlan['target'], number]>([
    ['a channel', { channel: 'canary' }, 0],
    ['boards', { boards: ['pi-5'] }, 20],
    ['regions', { regions: ['13', '40'] }, 50],
    ['a list', { devices: ['d3', 'd4'] }, 2],
    ['all of these', { boards: ['pi-5'], regions: ['13'], channel: 'stable' }, 5],
  ])('are of the devices that fit %s', (_name, target, count) => {
    const checked = checkPlan(samplePlan({ target, waves: [{ percent: 100 }] }), context());
    if (count === 0)
      expect(checked.problems).toEqual([
        'target.channel: no device follows the channel canary (they follow stable)',
        'target fits none of 100 devices',
      ]);
    else expect(checked.waves!.devices).toHaveLength(count);
  });

  it('are of the devices that have all tags', () => {
    const devices = sampleDevices(3).map((device, index) => ({ ...device, tags: ['roof', 'solar'].slice(0, index) }));
    const found = wavesOf({ target: { tags: ['solar', 'roof'] }, waves: [{ percent: 100 }] }, { devices });
    expect(found.devices.map(({ controllerId }) => controllerId)).toEqual(['d2']);
  });
});

describe('a plan is refused', () => {
  const ten = { devices: 10 };
  const cases: [string, Parameters<typeof samplePlan>[0], Partial<PlanContext>, string][] = [
    [
      'with a wave of more devices than there are',
      { waves: [ten] },
      { devices: sampleDevices(8) },
      'waves[0] (10 devices) exceeds the fleet: target fits 8 devices that do not have the image',
    ],
    [
      'with a smaller wave after a larger one',
      { waves: [ten, { percent: 1 }] },
      {},
      'waves[1] (1 %) is only 1 device, after 10 in waves[0]: waves are cumulative and must grow',
    ],
    [
      'with a wave that is the one before over again',
      { waves: [ten, { percent: 10 }, { percent: 100 }] },
      {},
      'waves[1] (10 %) is the same 10 devices, after 10 in waves[0]: waves are cumulative and must grow',
    ],
    [
      'with a window that never opens',
      { maintenanceWindow: { from: '03:00', to: '03:00' } },
      {},
      'maintenanceWindow is from 03:00 to 03:00 and never opens: leave it out for any time of the day',
    ],
    [
      'with a window and a time-out before it may open',
      { maintenanceWindow: { from: '03:00', to: '04:00' }, deviceTimeoutMinutes: 60 },
      {},
      'deviceTimeoutMinutes is 60, and with a maintenance window a device may wait two days, as a night in which clocks are put forward may leave the window out: give it at least 2880',
    ],
    [
      'with a window and a time-out that a night without the window is longer than',
      { maintenanceWindow: { from: '02:00', to: '03:00' }, deviceTimeoutMinutes: 1440 },
      {},
      'deviceTimeoutMinutes is 1440, and with a maintenance window a device may wait two days, as a night in which clocks are put forward may leave the window out: give it at least 2880',
    ],
    [
      'with fewer bytes a day than get the bundle there in time',
      { dailyBytes: 5_000_000 },
      {},
      'deviceTimeoutMinutes is 1440, and 20000000 bytes at dailyBytes 5000000 take 4 days: give it at least 5760',
    ],
    [
      'with so few bytes a day that no device could be waited for',
      { dailyBytes: 100 },
      {},
      'deviceTimeoutMinutes is 1440, and 20000000 bytes at dailyBytes 100 take 200000 days: no device is waited for so long, give dailyBytes at least 54795',
    ],
    ['of an unknown image', {}, { image: undefined }, 'image agent/1.5.0 is not in the registry: import it first'],
    [
      'of no image at all',
      { image: 'agent' },
      {},
      'image is "agent", and must be kind and version, such as "agent/1.5.0"',
    ],
    [
      'of a revoked image',
      {},
      { image: { record: sampleRecord(), revokedReason: 'CVE-2026-1.' } },
      'image agent/1.5.0 is revoked: CVE-2026-1',
    ],
    [
      'for a board that the image is not for',
      { target: { boards: ['pi-3'] } },
      { devices: sampleDevices(9, { board: 'pi-3' }) },
      'target.boards has pi-3, and image agent/1.5.0 is for pi-4, pi-5',
    ],
    [
      'where a device of the target has another board, or tells none',
      {},
      { devices: [...sampleDevices(9), ...sampleDevices(1, { controllerId: 'x', board: null })] },
      'target fits 1 device of a board that image agent/1.5.0 is not for (a board that it does not tell; it is for pi-4, pi-5): give target.boards',
    ],
    [
      'with a soak shorter than three looks of the gate',
      { soakMinutes: 29 },
      {},
      'soakMinutes is 29, and the gate looks every 10 minutes: give it at least 30, three looks',
    ],
    [
      'where a device is under way elsewhere',
      {},
      { busy: new Map([['d7', 'agent-1-4-9']]) },
      '1 device is in a rollout that runs (d7 in agent-1-4-9): wait for it, or abort it',
    ],
    ['where no updater has asked', {}, { devices: [] }, 'no updater has asked yet: there is no device to roll out to'],
    [
      'where all have the image',
      {},
      { devices: sampleDevices(3, { version: '1.5.0' }) },
      'each of 3 devices that target fits has agent/1.5.0',
    ],
    [
      'with a device that is not known',
      { target: { devices: ['d1', 'd2', 'nobody'] } },
      {},
      'target.devices has nobody, whose updater has never asked',
    ],
    [
      'for a channel that there is not',
      { target: { channel: 'prod' } },
      {},
      'target.channel has prod: there is no such channel, channels are dev, canary, stable',
    ],
    [
      'for a region that there is not, also where another fits',
      { target: { regions: ['13', '99'] } },
      {},
      'target.regions has 99: there is no such region, regions are 01 (Hokkaido) to 47 (Okinawa)',
    ],
    [
      'for a region that no device is in',
      { target: { regions: ['47'] } },
      {},
      'target.regions: no device has ever told the region 47 (they are in 13, 14, 27, 40)',
    ],
    [
      'for a board that no device has, though the image is for it',
      { target: { boards: ['pi-5'] } },
      { devices: sampleDevices(3, { board: 'pi-4' }) },
      'target.boards: no device has ever told the board pi-5 (they told pi-4)',
    ],
    [
      'for a tag that no device has',
      { target: { tags: ['rof'] } },
      { devices: sampleDevices(3, { tags: ['roof'] }) },
      'target.tags: no device has the tag rof (their tags are roof)',
    ],
    [
      'whose first wave could never pass',
      { gate: { leastDevices: 2 } },
      {},
      'gate.leastDevices is 2, and waves[0] has 1 device: it could never pass',
    ],
  ];

  it.each(cases)('%s', (_name, plan, parts, problem) => {
    const problems = problemsOf(plan, parts);
    expect(problems).toContain(problem);
    expect(problems!.length).toBeLessThanOrEqual(2);
  });

  it('for parts that each fit some devices and together none, without a word of unknown ones', () => {
    const devices = sampleDevices(10).map((device) => ({ ...device, tags: device.board === 'pi-4' ? ['roof'] : [] }));
    expect(problemsOf({ target: { boards: ['pi-5'], tags: ['roof'] } }, { devices })).toEqual([
      'target fits none of 10 devices',
    ]);
  });

  it('with all that speaks against it at once', () => {
    const problems = problemsOf(
      { soakMinutes: 1, waves: [ten, { devices: 5 }], maintenanceWindow: { from: '01:00', to: '01:00' } },
      { image: undefined },
    );
    expect(problems).toHaveLength(4);
  });
});
