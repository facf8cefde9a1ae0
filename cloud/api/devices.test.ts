import { TestClock } from '@tashika/shared/time';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Device, DeviceList } from './shapes.ts';
import { type OpenApi, openApi } from './testing/open.ts';
import { addDevice, addLedger } from './testing/seed.ts';

let api: OpenApi;

beforeAll(async () => {
  api = await openApi({ clock: new TestClock(Date.UTC(2026, 0, 31, 12, 0, 0)) });
  const temp = { value: 23.4, unit: 'Cel', time: '2026-01-31T11:57:59.900Z' };
  const door = { value: true, unit: '', time: '2026-01-31T11:57:59.900Z' };
  await addDevice(api.store, {
    imsi: '295000000000007',
    lastSeen: '2026-01-31T11:58:00Z',
    lastValues: { temp, door },
    posts: 12,
  });
  await addLedger(api.store, { imsi: '295000000000007', stream: 'b', received: '{[1,4),[9,12)}', held: 2 });
  await addLedger(api.store, { imsi: '295000000000007', stream: 'a', received: '{[1,11)}' });
  await addDevice(api.store, { imsi: '295000000000008', region: '01', lastSeen: '2026-01-31T11:54:59Z' });
  await addDevice(api.store, { imsi: 'unknown', region: '01', lastSeen: '2026-01-31T12:00:00Z' });
});

afterAll(() => api.close());

async function devices(query = ''): Promise<DeviceList> {
  return (await api.app.inject(`/api/devices${query}`)).json();
}

const FIRST = {
  imsi: '295000000000007',
  imei: '860000000000001',
  region: '13',
  lastSeen: '2026-01-31T11:58:00.000Z',
  reporting: true,
  lastValues: {
    temp: { value: 23.4, unit: 'Cel', time: '2026-01-31T11:57:59.900Z' },
    door: { value: true, unit: '', time: '2026-01-31T11:57:59.900Z' },
  },
  clock: 'synced',
  posts: 12,
  streams: [
    { stream: 'a', received: 10, through: 10, missing: [], missingReadings: 0, lost: 0, held: 0 },
    { stream: 'b', received: 6, through: 11, missing: [[4, 8]], missingReadings: 5, lost: 0, held: 2 },
  ],
  completeness: 16 / 23,
};

describe('the devices', () => {
  it('are told with their last values, what is missing of each stream, and their completeness', async () => {
    const list = await devices();
    expect(list.devices[0]).toEqual(FIRST);
    expect(list.devices.map(({ imsi, reporting, completeness }) => [imsi, reporting, completeness])).toEqual([
      ['295000000000007', true, 16 / 23],
      ['295000000000008', false, 1], // silent for 5 minutes and a second
      ['unknown', true, 1],
    ]);
    expect(list.next).toBeNull();
  });

  it('come page by page', async () => {
    const first = await devices('?limit=2');
    const second = await devices(`?limit=2&after=${first.next}`);
    expect([first.devices.length, first.next]).toEqual([2, '295000000000008']);
    expect([second.devices.map(({ imsi }) => imsi), second.next]).toEqual([['unknown'], null]);
    expect((await devices('?limit=3')).next).toBeNull();
  });

  it('may be those of one region', async () => {
    expect((await devices('?region=Hokkaido')).devices.map(({ imsi }) => imsi)).toEqual(['295000000000008', 'unknown']);
  });

  it.each([
    ['limit=0', 'limit'],
    ['limit=1001', 'limit'],
    ['limit=1.5', 'limit'],
    ['limit=many', 'limit'],
    ['region=0', 'region'],
    ['after=%00', 'after'],
  ])('are refused for ?%s', async (query, parameter) => {
    expect(await devices(`?${query}`)).toMatchObject({ status: 400, code: 'BAD_REQUEST', parameter });
  });
});

describe('a device', () => {
  it('is found by its imsi', async () => {
    expect((await api.app.inject('/api/devices/295000000000007')).json()).toEqual(FIRST);
  });

  it('names more of what is missing than the list does; both count all of it', async () => {
    const received = `{${Array.from({ length: 10_001 }, (_, n) => `[${2 * n + 2},${2 * n + 3})`).join(',')}}`;
    await addDevice(api.store, { imsi: 'gappy', region: '02', lastSeen: '2026-01-31T12:00:00Z' });
    await addLedger(api.store, { imsi: 'gappy', stream: 'a', received });
    const one = (await api.app.inject('/api/devices/gappy')).json<Device>().streams[0]!;
    expect([one.missing.length, one.missing.at(-1), one.missingReadings]).toEqual([10_000, [19_999, 19_999], 10_001]);
    const listed = (await devices('?region=02')).devices[0]!.streams[0]!;
    expect([listed.missing.length, listed.missing.at(-1), listed.missingReadings]).toEqual([100, [199, 199], 10_001]);
  });

  it('that was never seen is not found', async () => {
    const answer = await api.app.inject('/api/devices/440100000000000');
    expect([answer.statusCode, answer.json()]).toEqual([
      404,
      expect.objectContaining({ code: 'NOT_FOUND', detail: expect.stringContaining('440100000000000') }),
    ]);
  });

  it('can not have a name that no imsi can be', async () => {
    expect((await api.app.inject('/api/devices/%00')).statusCode).toBe(400);
    expect((await api.app.inject(`/api/devices/${'9'.repeat(65)}`)).statusCode).toBe(400);
    expect((await api.app.inject(`/api/devices/${'9'.repeat(5000)}`)).statusCode).toBe(400);
  });
});
