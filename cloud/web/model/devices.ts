import type { Timestamp } from '@tashika/shared/time';
import type { Device, DeviceStream } from './contract.ts';

/** What a set of devices has delivered and still owes, in readings. */
export interface Balance {
  readonly devices: number;
  /** Devices that have not posted since the time in question: they may hold readings from before it. */
  readonly unheard: number;
  /** Devices that post without sequence numbers: what they fail to deliver cannot be known. */
  readonly unnumbered: number;
  readonly received: number;
  readonly missing: number;
  readonly held: number;
  readonly lost: number;
}

/** The balance of `devices` as far as readings up to `time` are concerned. */
export function balanceOf(devices: readonly Device[], time: Timestamp): Balance {
  const streams = devices.flatMap((device) => device.streams);
  const sum = (amount: (stream: DeviceStream) => number) => streams.reduce((total, each) => total + amount(each), 0);
  return {
    devices: devices.length,
    unheard: devices.filter((device) => Date.parse(device.lastSeen) < time).length,
    unnumbered: devices.filter((device) => device.streams.length === 0).length,
    received: sum((stream) => stream.received),
    missing: sum((stream) => stream.missingReadings),
    held: sum((stream) => stream.held),
    lost: sum((stream) => stream.lost),
  };
}

export type DeviceOrder = 'imsi' | 'lastSeen' | 'completeness';

/** A new list: by number, longest unseen first, or least complete first; equal ones by number. */
export function sortDevices(devices: readonly Device[], order: DeviceOrder): readonly Device[] {
  const byNumber = (a: Device, b: Device) => (a.imsi < b.imsi ? -1 : a.imsi > b.imsi ? 1 : 0);
  const by: Record<DeviceOrder, (a: Device, b: Device) => number> = {
    imsi: byNumber,
    lastSeen: (a, b) => Date.parse(a.lastSeen) - Date.parse(b.lastSeen) || byNumber(a, b),
    completeness: (a, b) => a.completeness - b.completeness || byNumber(a, b),
  };
  return [...devices].sort(by[order]);
}
