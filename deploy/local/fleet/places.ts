import { REGIONS, type RegionCode } from '@tashika/shared/regions';

/** Residents of each prefecture in thousands, in the order of the codes (census of 2020, Statistics Bureau of Japan). */
const RESIDENTS = [
  5225, 1238, 1211, 2302, 960, 1068, 1833, 2867, 1933, 1939, 7345, 6284, 14048, 9237, 2201, 1035, 1133, 767, 810, 2048,
  1979, 3633, 7542, 1770, 1414, 2578, 8838, 5465, 1324, 923, 553, 671, 1888, 2800, 1342, 720, 950, 1335, 692, 5135, 811,
  1312, 1738, 1124, 1070, 1588, 1467,
] as const;

/** Devices that a SIM address is there for: 127.1.0.1 to 127.1.254.254. */
export const MAX_DEVICES = 255 * 254;

/**
 * Where each device stands: the first 47 in one prefecture each, the most populous first, the rest by residents
 * (D'Hondt's way of dealing out seats). A device keeps its place when the fleet grows.
 */
export function placesOf(devices: number): readonly RegionCode[] {
  const order = REGIONS.map((_, index) => index).sort((a, b) => RESIDENTS[b]! - RESIDENTS[a]!);
  const dealt = REGIONS.map(() => 0);
  return Array.from({ length: devices }, (_, device) => {
    const place = device < order.length ? order[device]! : mostDeserving(dealt);
    dealt[place]! += 1;
    return REGIONS[place]!.code;
  });
}

function mostDeserving(dealt: readonly number[]): number {
  let best = 0;
  for (let place = 1; place < dealt.length; place++)
    if (RESIDENTS[place]! / (dealt[place]! + 1) > RESIDENTS[best]! / (dealt[best]! + 1)) best = place;
  return best;
}

/** The source address, and so the SIM, of the n-th device, from 0. */
export function addressOf(device: number): string {
  return `127.1.${Math.floor(device / 254)}.${1 + (device % 254)}`;
}
