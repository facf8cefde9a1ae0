import { describe, expect, it } from 'vitest';
import { readPlan, readPlanText } from './read-plan.ts';

const least = { id: 'agent-1-5-0', image: 'agent/1.5.0', target: {}, waves: [{ devices: 10 }, { percent: 100 }] };

describe('a plan that is read', () => {
  it('has what it leaves out as it is usual', () => {
    expect(readPlan(least).plan).toEqual({
      ...least,
      soakMinutes: 480,
      mostInParallel: 200,
      deviceTimeoutMinutes: 1440,
      requireApproval: false,
      gate: { falseHalts: 0.01, leastDevices: 1, mostFailed: 0.2 },
    });
  });

  it('waits for a device two days where it has a maintenance window, unless it says otherwise', () => {
    const maintenanceWindow = { from: '02:00', to: '03:00' };
    expect(readPlan({ ...least, maintenanceWindow }).plan?.deviceTimeoutMinutes).toBe(2880);
    expect(readPlan({ ...least, maintenanceWindow, deviceTimeoutMinutes: 4320 }).plan?.deviceTimeoutMinutes).toBe(4320);
  });

  it.each([
    ['{"id": }', 'the plan is not JSON (line 1, column 8)'],
    ['[]', 'the plan must be a JSON object'],
  ])('is none where its text is %s', (text, problem) => {
    expect(readPlanText(text).problems).toEqual([problem]);
  });

  it.each([
    [{ id: 'Agent 1' }, 'id must be lower-case letters, digits and -, 63 at most; it is "Agent 1"'],
    [{ waves: [] }, 'waves must be a list of 1 to 20 waves; it is []'],
    [
      { waves: [{ percent: 101 }] },
      'waves[0] must be {"devices": 10} or {"percent": 1} (above 0, at most 100); it is {"percent":101}',
    ],
    [
      { waves: [{ devices: 1 }, { devices: 0 }] },
      'waves[1] must be {"devices": 10} or {"percent": 1} (above 0, at most 100); it is {"devices":0}',
    ],
    [
      { waves: [{ devices: 1, percent: 2 }] },
      'waves[0] must be {"devices": 10} or {"percent": 1} (above 0, at most 100); it is {"devices":1,"percent":2}',
    ],
    [
      { maintenanceWindow: { from: '25:00', to: '05:00' } },
      'maintenanceWindow.from must be a time such as "01:00"; it is "25:00"',
    ],
    [
      { target: { regions: ['Tokyo'] } },
      'target.regions[0] must be region keys of two digits, such as "13"; it is "Tokyo"',
    ],
    [{ dailyBytes: 1e21 }, 'dailyBytes must be <= 9007199254740991; it is 1e+21'],
    [{ soakHours: 3 }, 'soakHours is no part of a plan'],
    [{ gate: { mostfailed: 1 } }, 'gate.mostfailed is no part of a plan'],
    [{ image: undefined }, 'image is missing'],
  ])('is none with %j, and says what is wrong', (wrong, problem) => {
    expect(readPlan({ ...least, ...wrong }).problems).toEqual([problem]);
  });

  it('tells all that is wrong at once', () => {
    expect(readPlan({ waves: 3, target: { boards: [] } }).problems).toHaveLength(4);
  });
});
