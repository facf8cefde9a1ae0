export { ERROR_CODES, type ErrorCode, isStoreMismatch, isTashikaError, messageOf, TashikaError } from './errors.ts';
export { usageError } from './usage.ts';
