import { httpLink } from './http-link.ts';
import type { Link, LinkOptions } from './link.ts';
import { mqttLink } from './mqtt-link.ts';
import { tcpLink } from './tcp-link.ts';
import { udpLink } from './udp-link.ts';

const LINKS: Readonly<Record<string, (options: LinkOptions) => Link>> = {
  'http:': httpLink,
  'https:': httpLink,
  'tcp:': tcpLink,
  'udp:': udpLink,
  'mqtt:': mqttLink,
};

/** The link that the url's scheme names. Nothing is connected before the first post. */
export function openLink(options: LinkOptions): Link {
  const { protocol } = new URL(options.url);
  const open = LINKS[protocol];
  if (!open) throw new TypeError(`No link is called ${protocol}; there are ${Object.keys(LINKS).join(' ')}`);
  return open(options);
}
