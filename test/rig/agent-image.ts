import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { signerOf, writeRecord } from '@tashika/deploy/image';
import type { RaucScene } from '@tashika/edge/update/testing';

export const EDGE = fileURLToPath(new URL('../../edge', import.meta.url));

/** What the device of `raucScene` calls its board. */
export const BOARD = 'tashika-test';

/** The agent as it is built, as another version, in a tar that fits a slot. */
export function agentOfVersion(
  version: string,
  directory: string,
  change: (agent: string) => void = () => undefined,
): Buffer {
  const agent = join(directory, `agent-${version}`);
  const wanted = (path: string) => !/\.(test\.js|map|d\.ts|tsbuildinfo)$|\/testing$/.test(path);
  cpSync(join(EDGE, 'dist'), agent, { recursive: true, filter: wanted });
  cpSync(join(EDGE, 'package.json'), join(agent, 'package.json'));
  writeFileSync(join(agent, 'version.js'), `export const VERSION = '${version}';\n`);
  change(agent);
  execFileSync('tar', ['-cf', `${agent}.tar`, '-C', agent, '.']);
  return readFileSync(`${agent}.tar`);
}

/**
 * Leaves an agent in a folder of `directory` as a build does, for `tashika fleet import`: its bundle, made and signed by
 * RAUC, its record and its package list. Nobody has scanned it.
 */
export function buildAgentImage(directory: string, scene: RaucScene, version: string, payload: Buffer): void {
  const folder = join(directory, `agent_${version}`);
  mkdirSync(folder, { recursive: true });
  const bundle = join(folder, `tashika-agent_${version}.raucb`);
  renameSync(scene.bundle(`agent-${version}`, version, payload), bundle);
  const facts = {
    ...({ kind: 'agent', version, commit: 'c'.repeat(40), board: BOARD, parent: undefined } as const),
    ...{ madeAt: 1_760_000_000, packages: [], approvedBy: 'Aiko' },
    scan: { status: 'not scanned', reason: 'It is made for a test.' } as const,
  };
  writeRecord(folder, bundle, facts, signerOf(scene.signer.certificate, scene.signer.key));
}
