import { execFileSync } from 'node:child_process';

/**
 * The time that everything that is built bears, in seconds since 1970: that of the newest commit unless the environment
 * says another (reproducible-builds.org, SOURCE_DATE_EPOCH).
 *
 * @throws Error where that is no number
 */
export function sourceDate(env: NodeJS.ProcessEnv, root: string): number {
  const told =
    env.SOURCE_DATE_EPOCH ?? execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' });
  if (!/^\d+\s*$/.test(told)) throw new Error(`SOURCE_DATE_EPOCH is no number of seconds: ${told}`);
  return Number(told);
}
