import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type BundleOptions, demoSigner, type Signer, Tree, writeBundle, writeSquashfs } from '@tashika/deploy/image';

export const MADE_AT = 1_700_000_000;
export const BOARD = 'tashika-test-board';

/** A signer of its own for each name. */
export function signerNamed(directory: string, name: string): Signer {
  mkdirSync(join(directory, name), { recursive: true });
  return demoSigner(join(directory, name), MADE_AT);
}

export interface SmallBundle {
  readonly version: string;
  readonly signer: Signer;
  readonly board?: string;
  readonly slot?: string;
  /** What it holds besides the agent, which says its version and nothing else. */
  readonly ballastBytes?: number;
}

/** A signed bundle of an agent that only says its version, made as real ones are. */
export function smallBundle(directory: string, name: string, options: SmallBundle): { bundle: string; image: string } {
  const { version, signer, board = BOARD, slot = 'agent', ballastBytes = 3_000_000 } = options;
  const tree = new Tree(join(directory, `${name}.tree`));
  tree.file('bin/tashika-edge', `#!/bin/sh\necho agent ${version}\n`, 0o755);
  tree.file('lib/ballast', randomBytes(ballastBytes));
  const image = join(directory, `${name}.squashfs`);
  const how: BundleOptions = { madeAt: MADE_AT, signer, format: 'plain' };
  writeSquashfs(image, { folder: tree.root }, { madeAt: MADE_AT, quick: true });
  rmSync(tree.root, { recursive: true });
  const bundle = join(directory, `${name}.raucb`);
  writeBundle(bundle, { board, version, images: [{ slot, file: image }] }, how);
  return { bundle, image };
}
