import { execFileSync } from 'node:child_process';

/** What an image is built from, as git knows it. */
export interface Provenance {
  readonly commit: string;
  /** Paths that are not as the commit has them. */
  readonly uncommitted: readonly string[];
}

/** What of the checkout goes into an image. */
const SOURCES = ['shared', 'edge', 'deploy/edge-package', 'deploy/image', 'package.json', 'pnpm-lock.yaml', 'LICENSE'];

/** The commit of the checkout, and whether what would be built is that. */
export function provenanceOf(root: string): Provenance {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' });
  const lines = git('status', '--porcelain', '--', ...SOURCES)
    .split('\n')
    .filter(Boolean);
  return { commit: git('rev-parse', 'HEAD').trim(), uncommitted: lines.map((line) => line.slice(3)) };
}

/** A version that does not pass for the commit's where the checkout is not the commit. */
export function versionOf(wanted: string, { uncommitted }: Provenance): string {
  if (uncommitted.length === 0) return wanted;
  return wanted.includes('+') ? `${wanted}.uncommitted` : `${wanted}+uncommitted`;
}
