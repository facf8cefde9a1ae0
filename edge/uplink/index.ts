export { encodePack, encodePost } from './encode.ts';
export { httpLink, type Link, type LinkOptions } from './link.ts';
export { Uplink, type UplinkFigures, type UplinkOptions } from './uplink.ts';
export { type Answer, judge, type Verdict } from './verdict.ts';
