import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeThrowawaySigner, type ThrowawaySigner } from '@tashika/cloud/fleet/registry/signature';
import type { ImageRecord } from '@tashika/shared/image';
import type { Timestamp } from '@tashika/shared/time';
import { simulatedImage } from '../simulated-image.ts';
import { type Behaviour, behaviourText } from './behaviour.ts';

/** What all simulated devices call their board. */
export const SIMULATED_BOARD = 'tashika-simulated';

/** What the devices run at first, and come back to. */
export const GOOD: Behaviour = { version: '1.4.0', loses: 0, hangsAfterMs: null };
/** Its installation succeeds everywhere; only the readings tell. */
export const BAD: Behaviour = { version: '1.5.0', loses: 0.5, hangsAfterMs: null };

/** An image with all its files' contents. */
export interface DemoImage {
  readonly record: ImageRecord;
  readonly sbom: string;
  readonly bundleFile: string;
}

/** The PEM file of what the demo's bundles are signed under, made at the first start. */
export function keyringIn(directory: string): string {
  signerIn(directory);
  return join(directory, 'keyring.pem');
}

/** The demo's images in the order in which they are imported; built at the first start, and kept. */
export function imagesIn(directory: string, now: Timestamp): readonly DemoImage[] {
  const signer = signerIn(directory);
  return [build(directory, signer, GOOD, undefined, now), build(directory, signer, BAD, GOOD, now)];
}

function build(
  directory: string,
  signer: ThrowawaySigner,
  behaviour: Behaviour,
  parent: Behaviour | undefined,
  now: Timestamp,
): DemoImage {
  const { version } = behaviour;
  const at = (ending: string) => join(directory, `tashika-simulated-agent_${version}.${ending}`);
  const [recordFile, sbomFile, bundleFile] = [at('json'), at('spdx.json'), at('raucb')];
  if (!existsSync(recordFile)) {
    const image = simulatedImage({
      ...{ version, signer, builtAt: now, boards: [SIMULATED_BOARD] },
      parent: parent ? { kind: 'agent', version: parent.version } : null,
      payload: `A bundle of the demo: it holds how a simulated agent behaves, and no file system.\n${behaviourText(behaviour)}`,
    });
    writeFileSync(bundleFile, image.bundle);
    writeFileSync(sbomFile, image.sbom);
    // The record last: where it is, what it speaks of is.
    replace(recordFile, JSON.stringify(image.record, null, 2));
  }
  const record = JSON.parse(readFileSync(recordFile, 'utf8')) as ImageRecord;
  return { record, sbom: readFileSync(sbomFile, 'utf8'), bundleFile };
}

/** Signer and keyring of the demo, which no real device has. */
function signerIn(directory: string): ThrowawaySigner {
  const file = join(directory, 'signer.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as ThrowawaySigner;
  mkdirSync(directory, { recursive: true });
  const signer = makeThrowawaySigner('rollout demo');
  writeFileSync(join(directory, 'keyring.pem'), signer.caPem);
  replace(file, JSON.stringify(signer));
  return signer;
}

function replace(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  chmodSync(`${file}.new`, 0o600); // it may be there from before
  renameSync(`${file}.new`, file);
}
