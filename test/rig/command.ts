import { spawnSync } from 'node:child_process';

/**
 * Whether a system tool is there. Where it is not, the test that needs it is skipped by name; under CI that is a
 * failure, for CI installs them all.
 */
export function haveCommand(command: string): boolean {
  const found = spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
  if (!found && process.env.CI) throw new Error(`${command} is not installed; .ci/run should have done so.`);
  if (!found) console.warn(`Skipped: a test that needs ${command}, which is not installed.`);
  return found;
}
