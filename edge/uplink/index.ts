export { beginningOf } from './answer-body.ts';
export { type Deadline, deadline } from './deadline.ts';
export { encodePack, encodePost } from './encode.ts';
export { httpLink, type Link, type LinkOptions } from './link.ts';
export { type RetryPolicy, retryDelays } from './retry-delays.ts';
export { Uplink, type UplinkFigures, type UplinkOptions } from './uplink.ts';
export { type Answer, judge, type Verdict } from './verdict.ts';
