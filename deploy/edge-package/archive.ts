import { execFileSync } from 'node:child_process';

export interface ArchiveOptions {
  /** Seconds since 1970, of every file in it. */
  readonly madeAt: number;
  /** Larger, and made in less time. */
  readonly quick: boolean;
}

/**
 * A compressed tarball of `folder`, which is its only entry at the top. The same files make the same bytes: they are
 * sorted, of one time, of nobody, and compressed in blocks as by several processors on any machine.
 *
 * @param file ends in `.tar.xz`
 */
export function writeTarball(file: string, parent: string, folder: string, options: ArchiveOptions): void {
  const stable = ['--sort=name', '--format=gnu', '--owner=0', '--group=0', '--numeric-owner'];
  const compress = `xz --threads=2 -${options.quick ? 0 : 6}`;
  run('tar', [...stable, `--mtime=@${options.madeAt}`, '-C', parent, '-I', compress, '-cf', file, folder], options);
}

/** A Debian package of a laid out `tree`. dpkg-deb sorts, and makes no file newer than `madeAt`. */
export function writeDeb(file: string, tree: string, options: ArchiveOptions): void {
  const compression = options.quick ? ['-Znone'] : ['-Zxz', '-z6'];
  run('dpkg-deb', ['--root-owner-group', ...compression, '--build', tree, file], options);
}

function run(program: string, args: readonly string[], { madeAt }: ArchiveOptions): void {
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(madeAt), LC_ALL: 'C' };
  execFileSync(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
}
