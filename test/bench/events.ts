import { REGIONS } from '@tashika/shared/regions';
import { envelopeOf } from '../rig/envelope.ts';

const DEVICES = 500;
const READINGS_PER_POST = 3;
/** Readings of the last hours: what is older than the windows that are kept is not counted. */
export const START = Math.floor(Date.now() / 60_000) * 60_000 - 4 * 3_600_000;

/** When the n-th event's first reading was taken, Unix milliseconds. */
export function timestampOf(n: number): number {
  return START + Math.floor(n / DEVICES) * 1_000 + (n % DEVICES);
}

/** The region of the n-th event's device. */
export function regionOf(n: number): string {
  return REGIONS[(n % DEVICES) % REGIONS.length]!.code;
}

/**
 * The body of the n-th event of a made-up fleet: 500 devices in turn, three readings a post, a post a second each, in
 * Funnel's envelope. Within a run the same `n` gives the same bytes.
 */
export function eventBody(n: number, timestamp = timestampOf(n)): Buffer {
  const device = n % DEVICES;
  const post = Math.floor(n / DEVICES);
  const imsi = `29500${String(65_536 + device).padStart(10, '0')}`;
  const payload = {
    v: 1,
    pref: regionOf(n),
    stream: `bench${String(device).padStart(6, '0')}`,
    seq: post * READINGS_PER_POST + 1,
    held: 0,
    pack: [
      { bn: 'env/', bt: timestamp / 1_000, n: 'temp', u: 'Cel', v: 20 + (n % 100) / 10 },
      { n: 'humidity', u: '%RH', v: 40 + (n % 50), t: -0.5 },
      { n: 'door', vb: n % 7 === 0, t: -0.25 },
    ],
  };
  return Buffer.from(envelopeOf(imsi, payload, timestamp, { imei: imsi.replace('29500', '86000') }));
}
