/** What of a request says by which address it was asked. */
export interface Asked {
  /** `http` or `https`, of the connection. */
  readonly protocol: string;
  readonly host: string;
  /** `X-Forwarded-Host` and `-Proto`: what a proxy says that it was asked for. */
  readonly forwardedHost: string | undefined;
  readonly forwardedProto: string | undefined;
  /** Whether the request came from this machine. */
  readonly fromLoopback: boolean;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;

/**
 * The origin that links of an answer begin with, so that the device can follow them: `http://beam.soracom.io:18080`. A
 * forwarded host is believed if it is one of `hosts`, or a name of this machine said by this machine; with any other,
 * the links name the host that was asked, which the API has found to be its own. So nobody can make an answer lead
 * elsewhere. Of several forwarded hosts the first counts, which the outermost proxy wrote.
 */
export function originOf(asked: Asked, hosts: readonly string[]): string {
  const host = firstOf(asked.forwardedHost)?.toLowerCase();
  const believed =
    host !== undefined &&
    (hosts.some((each) => each.toLowerCase() === host) || (asked.fromLoopback && LOOPBACK.test(host)));
  if (!believed) return `${asked.protocol}://${asked.host}`;
  const proto = firstOf(asked.forwardedProto)?.toLowerCase();
  return `${proto === 'https' || proto === 'http' ? proto : 'http'}://${host}`;
}

function firstOf(list: string | undefined): string | undefined {
  const first = list?.split(',')[0]?.trim();
  return first === '' ? undefined : first;
}
