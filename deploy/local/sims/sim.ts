/** The identity that the radio network would vouch for. */
export interface Sim {
  readonly imsi: string;
  readonly imei: string;
}

const LOOPBACK = /^(?:::ffff:)?127\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

/**
 * The SIM of a loopback source address: 127.1.0.7 and 127.1.0.8 are two SIMs, so no identity travels in a header.
 *
 * @returns undefined for an address that no SIM has (anything outside 127.0.0.0/8)
 */
export function simOf(address: string | undefined): Sim | undefined {
  const octets = LOOPBACK.exec(address ?? '')
    ?.slice(1)
    .map(Number);
  if (!octets || octets.some((octet) => octet > 255)) return undefined;
  const [a, b, c] = octets as [number, number, number];
  const number = String(a * 65_536 + b * 256 + c).padStart(10, '0');
  return { imsi: `29500${number}`, imei: `86000${number}` };
}

/** Loopback peers alone may name another source address (PROXY protocol). */
export function isLoopback(address: string | undefined): boolean {
  return address === '::1' || LOOPBACK.test(address ?? '');
}

/** A SIM's own number, as an ICCID begins in Japan: 8981. */
export function simIdOf({ imsi }: Sim): string {
  return `8981${imsi}`;
}
