import type { RegionCode } from '@tashika/shared/regions';
import { expect, it } from 'vitest';
import type { Device } from './contract.ts';
import { balanceOf, sortDevices } from './devices.ts';

const NOON = Date.parse('2026-05-30T12:00:00Z');
const stream = { stream: 'q3Zb81xK0dE', received: 90, through: 100, missing: [], missingReadings: 0, lost: 0, held: 0 };

function device(imsi: string, more: Partial<Device> = {}): Device {
  return {
    imsi,
    imei: null,
    region: '13' as RegionCode,
    lastSeen: new Date(NOON).toISOString(),
    reporting: true,
    clock: 'synced',
    posts: 9,
    streams: [stream],
    completeness: 1,
    ...more,
  };
}

it('a balance adds up what every stream of every device delivered and owes', () => {
  const devices = [
    device('1', {
      streams: [
        stream,
        {
          ...stream,
          missing: [
            [3, 3],
            [10, 19],
          ],
          missingReadings: 11,
          held: 12,
          lost: 4,
        },
      ],
    }),
    device('2', { streams: [{ ...stream, held: 5 }] }),
    device('3', { streams: [] }),
  ];
  expect(balanceOf(devices, NOON)).toEqual({
    devices: 3,
    unheard: 0,
    unnumbered: 1,
    received: 270,
    missing: 11,
    held: 17,
    lost: 4,
  });
});

it('a device that has not posted since the time in question is unheard, even if it still counts as reporting', () => {
  const devices = [device('1'), device('2', { lastSeen: new Date(NOON - 1).toISOString() })];
  expect(balanceOf(devices, NOON).unheard).toBe(1);
});

it('devices sort by number, by how long they are unseen, and by how little is complete', () => {
  const a = device('3', { completeness: 0.98 });
  const b = device('1', { lastSeen: new Date(NOON - 9).toISOString() });
  const c = device('2');
  const order = (by: Parameters<typeof sortDevices>[1]) => sortDevices([a, b, c], by).map((each) => each.imsi);
  expect(order('imsi')).toEqual(['1', '2', '3']);
  expect(order('lastSeen')).toEqual(['1', '2', '3']);
  expect(order('completeness')).toEqual(['3', '1', '2']);
});
