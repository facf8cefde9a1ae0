import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isTashikaError, messageOf } from '@tashika/shared/errors';
import { type Built, buildPackages } from './build.ts';
import { HELP, parseCommandLine } from './command-line.ts';
import { sourceDate } from './source-date.ts';

/** Seen from `deploy/dist/edge-package`. */
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

function tell({ architecture, node, files, installedBytes, nodeBytes }: Built): void {
  const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  const carried = node === undefined ? "the system's Node" : `Node ${node}, ${mebibytes(nodeBytes)}`;
  const rest = mebibytes(installedBytes - nodeBytes);
  process.stdout.write(`${architecture}: ${mebibytes(installedBytes)} installed (${carried}; the agent, ${rest})\n`);
  for (const { file, bytes } of files)
    process.stdout.write(`  ${mebibytes(bytes).padStart(9)}  ${relative('.', file)}\n`);
}

async function main(args: readonly string[]): Promise<void> {
  const { help, architectures, out, nodeArmhf, quick } = parseCommandLine(args);
  if (help) {
    process.stdout.write(HELP);
    return;
  }
  const madeAt = sourceDate(process.env, ROOT);
  const options = { root: ROOT, out: resolve(out ?? join(ROOT, 'dist/packages')), architectures, nodeArmhf };
  await buildPackages({ ...options, madeAt, quick }, tell);
}

main(process.argv.slice(2)).catch((error) => {
  process.stderr.write(isTashikaError(error) ? `${error.code}: ${error.message}\n` : `${messageOf(error)}\n`);
  process.exit(isTashikaError(error, 'USAGE') ? 2 : 1);
});
