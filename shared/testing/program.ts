import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/**
 * What a test hands to Node to run a program of this repository: its source, or with `TEST_PROGRAMS=built` the
 * build of it, which starts in a third of the time. `npm test` builds all and says so; a single test needs no build.
 *
 * @param source the program's TypeScript file, in one of the workspace's packages
 */
export function nodeArgsOf(source: URL, programs = process.env.TEST_PROGRAMS): readonly string[] {
  const file = fileURLToPath(source);
  if (programs !== 'built') return ['--conditions=source', '--import', 'tsx', file];
  const [room, ...inside] = relative(ROOT, file).split(sep);
  return [`${ROOT}${room}/dist/${inside.join('/').replace(/\.ts$/, '.js')}`];
}
