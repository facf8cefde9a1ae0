export { addressOf, type Link, type LinkOptions } from './link.ts';
export { openLink } from './open-link.ts';
export { postBytes } from './packet.ts';
export { Uplink, type UplinkFigures, type UplinkOptions } from './uplink.ts';
