export { ERROR_CODES, type ErrorCode, isTashikaError, messageOf, TashikaError } from './errors.ts';
export { usageError } from './usage.ts';
