import { rmSync } from 'node:fs';
import { DEFINITION } from '../definition.ts';
import { runTool } from '../tool.ts';

export interface SquashfsOptions {
  /** Seconds since 1970, of every file in it. */
  readonly madeAt: number;
  /** Larger, and made in less time. */
  readonly quick?: boolean;
}

/**
 * A squashfs of a folder, or of a tarball with its owners. The same files make the same bytes: mksquashfs sorts, and
 * its times are SOURCE_DATE_EPOCH and no later.
 */
export function writeSquashfs(
  file: string,
  from: { folder: string } | { tarball: string },
  options: SquashfsOptions,
): void {
  rmSync(file, { force: true });
  const compression = options.quick
    ? ['-comp', 'gzip', '-Xcompression-level', '1']
    : DEFINITION.squashfs['folder' in from ? 'agent' : 'system'];
  const shared = ['-noappend', '-no-progress', '-quiet', '-no-xattrs', '-no-exports', ...compression];
  const { madeAt } = options;
  if ('folder' in from) {
    // All of one time: what git wrote when into the checkout must not be told.
    runTool('find', [from.folder, '-exec', 'touch', '--no-dereference', `--date=@${madeAt}`, '{}', '+'], { madeAt });
    runTool('mksquashfs', [from.folder, file, ...shared, '-all-root'], { madeAt });
  } else {
    const script = 'tarball=$1 out=$2; shift 2; exec mksquashfs - "$out" -tar "$@" <"$tarball"';
    runTool('sh', ['-c', script, 'sh', from.tarball, file, ...shared], { madeAt });
  }
}
