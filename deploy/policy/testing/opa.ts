import { spawnSync } from 'node:child_process';
import type { OpaSurroundings } from '../opa.ts';

/** The surroundings of a developer's shell. */
export const SHELL: OpaSurroundings = { env: process.env };

/**
 * Whether `opa` is on the PATH. Where it is not, the tests that need it are skipped by name; under CI that is a failure,
 * for CI installs it.
 */
export function haveOpa(): boolean {
  const found = spawnSync('opa', ['version']).status === 0;
  if (!found && process.env.CI) throw new Error('opa is not installed; .ci/run should have done so.');
  if (!found) console.warn('Skipped: tests of policies need opa, which is not on the PATH.');
  return found;
}
