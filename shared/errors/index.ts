export { ERROR_CODES, type ErrorCode, isTashikaError, messageOf, TashikaError } from './errors.ts';
