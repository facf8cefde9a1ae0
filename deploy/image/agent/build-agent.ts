import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { partsFor } from '../../edge-package/build.ts';
import { bundleAgent } from '../../edge-package/bundle.ts';
import { layOut, NODE } from '../../edge-package/layout.ts';
import { TARGETS } from '../../edge-package/target.ts';
import { Tree } from '../../edge-package/tree.ts';
import { writeBundle } from '../bundle/rauc-bundle.ts';
import { writeSquashfs } from '../bundle/squashfs.ts';
import { namesOfBuildingMachine } from '../contents/building-machine.ts';
import { refuseUnsafe } from '../contents/refuse.ts';
import type { BuiltImage, ImageOptions } from '../image-options.ts';
import { packagesOfAgent } from '../record/package-list.ts';
import { writeRecord } from '../record/write-record.ts';
import { scanOf } from '../scan/scan.ts';
import { trimNode } from './carried-node.ts';

/**
 * The agent and its Node as a signed bundle: a squashfs of what the package puts under `/usr`, and nothing of the
 * system's. It says the image's version of itself.
 */
export async function buildAgentImage(options: ImageOptions): Promise<BuiltImage> {
  const { root, board, version, tell } = options;
  const work = mkdtempSync(join(tmpdir(), 'tashika-agent-image-'));
  try {
    const bundled = await bundleAgent(root, version);
    const parts = partsFor(TARGETS[board.architecture], bundled, version, { root, nodeArmhf: undefined }, work);
    const tree = new Tree(join(work, 'agent'));
    layOut(tree, parts);
    if (parts.node) trimNode(join(tree.root, NODE), board.architecture, options);
    tell(`reading all ${tree.files().length} files for what must not be there`);
    refuseUnsafe(tree.root, namesOfBuildingMachine(root, options.env));

    const image = join(work, 'agent.squashfs');
    tell('packing the agent');
    writeSquashfs(image, { folder: tree.root }, options);
    const directory = join(options.out, `agent_${version}_${board.name}`);
    mkdirSync(directory, { recursive: true });
    const bundle = join(directory, `tashika-agent_${version}_${board.name}.raucb`);
    writeBundle(bundle, { board: board.name, version, images: [{ slot: 'agent', file: image }] }, options);

    const packages = packagesOfAgent(bundled, root, parts.serialport, parts.node?.version);
    const scan = scanOf(packages, options.advisories, options.mostCvss);
    const facts = { ...options, kind: 'agent' as const, board: board.name, packages, scan };
    return { directory, bundle, record: writeRecord(directory, bundle, facts, options.signer) };
  } finally {
    rmSync(work, { recursive: true });
  }
}
