import { type ErrorCode, isTashikaError } from '@tashika/shared/errors';
import type { ExitCode } from './group.ts';

/** Files that say what is to be done, or may be, and are not in order. */
const CONFIGURATION: readonly ErrorCode[] = [
  'CONFIG_INVALID',
  'CONFIG_UNREADABLE',
  'POLICY_INVALID',
  'POLICY_LOOSENED',
  'ROLLOUT_PLAN_REFUSED',
];

/** What the process ends with for something that a command threw. */
export function exitCodeOf(error: unknown): ExitCode {
  if (!isTashikaError(error)) return 1;
  if (error.code === 'USAGE') return 2;
  return CONFIGURATION.includes(error.code) ? 78 : 1;
}
