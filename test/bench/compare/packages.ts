import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** What we are compared with; exact versions, and no dependencies of the workspace. */
const PACKAGES = {
  '@duckdb/node-api': '1.5.6-r.1',
  'node-red': '5.0.7',
  'node-red-node-serialport': '2.0.3',
  node: '22.23.3', // the program itself: Node-RED 5 refuses to run on Node 20
} as const;

/** The Node.js that Node-RED is run with. */
export function nodeOf(packages: NodeJS.Require): string {
  return join(dirname(packages.resolve('node/package.json')), 'bin', 'node');
}

/** Installs them into a directory of their own, once, and answers a `require` that finds them. */
export function comparedPackages(): NodeJS.Require {
  const prefix = join(tmpdir(), 'tashika-bench-packages');
  mkdirSync(prefix, { recursive: true });
  const missing = Object.entries(PACKAGES).filter(([name, version]) => installed(prefix, name) !== version);
  if (missing.length > 0) {
    const specs = Object.entries(PACKAGES).map(([name, version]) => `${name}@${version}`);
    const args = [
      'install',
      '--prefix',
      prefix,
      '--no-save',
      '--no-audit',
      '--no-fund',
      '--loglevel',
      'error',
      ...specs,
    ];
    const { status } = spawnSync('npm', args, { stdio: 'inherit' });
    if (status !== 0) throw new Error(`npm did not install ${specs.join(' and ')}.`);
  }
  return createRequire(join(prefix, 'node_modules', 'index.js'));
}

function installed(prefix: string, name: string): string | undefined {
  const file = join(prefix, 'node_modules', name, 'package.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).version : undefined;
}
