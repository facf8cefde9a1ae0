export type { DeadLetterReason, Decoded } from './dead-letter.ts';
export { DEAD_LETTER_REASONS } from './dead-letter.ts';
export { type DecodedPost, decodePayload } from './decode.ts';
export { type ClockQuality, isStream, newStream, type Post, WIRE_VERSION } from './post.ts';
export { type DecodedReading, RELATIVE_TIME_LIMIT, resolvePack, type SenmlRecord } from './senml.ts';
