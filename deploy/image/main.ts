import { mkdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isTashikaError, messageOf } from '@tashika/shared/errors';
import { formatImageName } from '@tashika/shared/image';
import { sourceDate } from '../edge-package/source-date.ts';
import { buildAgentImage } from './agent/build-agent.ts';
import { demoSigner, signerOf } from './bundle/signer.ts';
import { type CommandLine, HELP, parseCommandLine } from './command-line.ts';
import type { BuiltImage, ImageOptions } from './image-options.ts';
import { provenanceOf, versionOf } from './provenance.ts';
import { readAdvisories } from './scan/advisory.ts';
import { buildSystemImage, writeOverlay } from './system/build-system.ts';

/** Seen from `deploy/dist/image`. */
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** Something greater than `--most-cvss` was found. */
const EXIT_FOUND = 3;

const say = (text: string) => void process.stderr.write(`${text}\n`);

function optionsOf(line: CommandLine): ImageOptions {
  const provenance = provenanceOf(ROOT);
  const out = resolve(line.out ?? join(ROOT, 'dist/images'));
  mkdirSync(out, { recursive: true });
  const { version } = JSON.parse(readFileSync(join(ROOT, 'edge/package.json'), 'utf8')) as { version: string };
  if (provenance.uncommitted.length > 0)
    say(`Not as the commit has them, so the version says so: ${provenance.uncommitted.join(', ')}`);
  const madeAt = sourceDate(process.env, ROOT);
  if (line.signer === 'demo')
    say(
      `\nDEMO SIGNER: its key lies in ${out}, readable by whoever reads this. Whoever has it can make devices run what he likes.\nDevices must never trust it: for a look only.\n`,
    );
  return {
    root: ROOT,
    out,
    board: line.board,
    version: versionOf(line.version ?? version, provenance),
    commit: provenance.commit,
    madeAt,
    signer: line.signer === 'demo' ? demoSigner(out, madeAt) : signerOf(line.signer.cert, line.signer.key),
    format: line.format,
    quick: line.quick,
    parent: line.parent,
    approvedBy: line.approvedBy,
    advisories: line.advisories === undefined ? undefined : readAdvisories(line.advisories, line.advisoriesFrom),
    mostCvss: line.mostCvss,
    env: process.env,
    tell: say,
  };
}

function summaryOf({ directory, bundle, record }: BuiltImage): string {
  const { scan } = record;
  const scanned =
    scan.status === 'not scanned'
      ? `not scanned: ${scan.reason}`
      : `${scan.found.length} known vulnerabilities, ${scan.found.filter(({ cvss }) => cvss === null).length} of them without a score; the gate (CVSS ${scan.gate.mostCvss}) ${scan.gate.passed ? 'is passed' : 'IS NOT PASSED'}`;
  return [
    `${formatImageName(record)} for ${record.boards.join(', ')}: ${(record.bundle.bytes / 2 ** 20).toFixed(1)} MiB, ${record.packages} packages`,
    `  ${relative('.', bundle)}`,
    `  signed by ${record.bundle.signer}`,
    `  ${scanned}`,
    `  approved by ${record.approvedBy ?? 'nobody'}`,
    `Next: tashika fleet import ${relative('.', directory)}`,
  ].join('\n');
}

const systemOf = ({ mirror, keyring, settings, aptKeyring, rootTarball }: CommandLine) => ({
  ...{ mirror, keyring, settings, aptKeyring, rootTarball },
});

async function main(args: readonly string[]): Promise<number> {
  const line = parseCommandLine(args);
  if (!line) {
    process.stdout.write(HELP);
    return 0;
  }
  const options = optionsOf(line);
  if (line.kind === 'system' && line.overlay !== undefined) {
    await writeOverlay(line.overlay, { ...options, ...systemOf(line) });
    return 0;
  }
  const built =
    line.kind === 'agent' ? await buildAgentImage(options) : await buildSystemImage({ ...options, ...systemOf(line) });
  process.stdout.write(line.json ? `${JSON.stringify(built.record, undefined, 2)}\n` : `${summaryOf(built)}\n`);
  const { scan } = built.record;
  return scan.status === 'scanned' && !scan.gate.passed ? EXIT_FOUND : 0;
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    say(isTashikaError(error) ? `${error.code}: ${error.message}` : messageOf(error));
    process.exitCode = isTashikaError(error, 'USAGE') ? 2 : 1;
  },
);
