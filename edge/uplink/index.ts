export { httpLink, type Link, type LinkOptions } from './link.ts';
export { Uplink, type UplinkFigures, type UplinkOptions } from './uplink.ts';
