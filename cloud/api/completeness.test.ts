import { TestClock } from '@tashika/shared/time';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completenessOf } from './completeness.ts';
import type { Completeness } from './shapes.ts';
import { type OpenApi, openApi } from './testing/open.ts';
import { addDevice, addLedger } from './testing/seed.ts';

const stream = { stream: 'a', received: 0, through: 0, missing: [], missingReadings: 0, lost: 0, held: 0 };

describe("a device's completeness", () => {
  it('is what has been received of all that was taken', () => {
    const gappy = { ...stream, received: 80, missingReadings: 10, lost: 5, held: 5 };
    expect(completenessOf([gappy, { ...stream, received: 100 }])).toBe(180 / 200);
  });

  it('is 1 for a device that numbers nothing, and 0 where all is held', () => {
    expect(completenessOf([])).toBe(1);
    expect(completenessOf([{ ...stream, held: 3 }])).toBe(0);
  });
});

describe('the completeness of regions', () => {
  let api: OpenApi;
  beforeAll(async () => {
    api = await openApi({ clock: new TestClock() });
  });
  afterAll(() => api.close());

  async function completeness(): Promise<Completeness> {
    const answer = await api.app.inject('/api/completeness');
    return answer.json();
  }

  it('is 1 where there is no device', async () => {
    expect(await completeness()).toMatchObject({
      regions: [],
      total: { devices: 0, received: 0, missing: 0, held: 0, lost: 0, completeness: 1 },
    });
  });

  it('is a sum over their devices, in which every stream has its weight', async () => {
    const lastSeen = '2026-01-31T11:58:00Z';
    await addDevice(api.store, { imsi: '1', region: '01', lastSeen });
    await addDevice(api.store, { imsi: '2', region: '13', lastSeen });
    await addDevice(api.store, { imsi: '3', region: '13', lastSeen }); // numbers nothing
    await addLedger(api.store, { imsi: '1', stream: 'a', received: '{[1,11)}' });
    await addLedger(api.store, { imsi: '2', stream: 'a', received: '{[1,4),[9,12)}', lost: '{[4,5)}', held: 2 });
    await addLedger(api.store, { imsi: '2', stream: 'b', received: '{[1,5)}' });
    const hokkaido = { devices: 1, received: 10, missing: 0, held: 0, lost: 0, completeness: 1 };
    const tokyo = { devices: 2, received: 10, missing: 4, held: 2, lost: 1, completeness: 10 / 17 };
    expect(await completeness()).toMatchObject({
      asOf: expect.stringMatching(/^\d{4}-.*Z$/),
      regions: [
        { region: '01', ...hokkaido },
        { region: '13', ...tokyo },
      ],
      total: { devices: 3, received: 20, missing: 4, held: 2, lost: 1, completeness: 20 / 27 },
    });
  });

  it('stays a number, however far a device has leapt', async () => {
    const last = Number.MAX_SAFE_INTEGER - 1;
    await addDevice(api.store, { imsi: '4', region: '47', lastSeen: '2026-01-31T11:58:00Z' });
    await addLedger(api.store, { imsi: '4', stream: 'a', received: `{[${last},${last + 1})}` });
    const okinawa = (await completeness()).regions.find(({ region }) => region === '47');
    expect(okinawa).toMatchObject({ received: 1, missing: last - 1, completeness: expect.closeTo(0) });
  });
});
