import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the checkout. */
export const root: string = fileURLToPath(new URL('../..', import.meta.url));

const PACKAGES = ['shared', 'edge', 'cloud', 'deploy', 'test'];

/** Every TypeScript source file of the packages, relative to the root. */
export function sourceFiles(): readonly string[] {
  return PACKAGES.flatMap((name) => walk(join(root, name))).map((file) => relative(root, file));
}

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return ['node_modules', 'dist', 'artefacts'].includes(entry.name) ? [] : walk(path);
    return /\.tsx?$/.test(entry.name) ? [path] : [];
  });
}
