import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type ArchiveOptions, writeDeb, writeTarball } from './archive.ts';
import { type Bundle, bundleAgent } from './bundle.ts';
import { addControl, changelog, controlFile } from './debian.ts';
import { layOut, layOutForDebian, NODE, type Parts } from './layout.ts';
import { type Licence, licenceFile, licenceOf, packageFolders } from './licences.ts';
import { type CarriedNode, checkMachine, fetchNode, nodeOfRelease } from './node.ts';
import { type Architecture, TARGETS, type Target } from './target.ts';
import { Tree } from './tree.ts';

export interface BuildOptions extends ArchiveOptions {
  /** The repository, built. */
  readonly root: string;
  readonly out: string;
  readonly architectures: readonly Architecture[];
  /** A release of Node for armhf. */
  readonly nodeArmhf: string | undefined;
}

/** What was built for a target, sizes in bytes. */
export interface Built {
  readonly architecture: Architecture;
  readonly node: string | undefined;
  readonly files: readonly { readonly file: string; readonly bytes: number }[];
  readonly installedBytes: number;
  readonly nodeBytes: number;
}

/** A tarball and a Debian package of the agent for each architecture, told as they are ready. */
export async function buildPackages(options: BuildOptions, tell: (built: Built) => void): Promise<void> {
  const { root, out, architectures } = options;
  const bundle = await bundleAgent(root);
  mkdirSync(out, { recursive: true });
  const work = mkdtempSync(join(tmpdir(), 'tashika-packages-'));
  try {
    for (const name of architectures) tell(buildFor(TARGETS[name], bundle, options, work));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function buildFor(target: Target, bundle: Bundle, options: BuildOptions, work: string): Built {
  const { root, out, madeAt } = options;
  const { architecture } = target;
  const { version } = JSON.parse(readFileSync(join(root, 'edge/package.json'), 'utf8'));
  const release = { version, madeAt };
  const parts = partsFor(target, bundle, version, options, work);
  const { node } = parts;
  const name = `tashika-edge_${version}_${architecture}`;

  const plain = new Tree(join(work, name));
  layOut(plain, parts);
  const tarball = join(out, `${name}.tar.xz`);
  writeTarball(tarball, work, name, options);

  const deb = join(out, `${name}.deb`);
  const installedBytes = writeDebianPackage(deb, parts, release, options, work);

  return {
    architecture,
    node: node?.version,
    files: [tarball, deb].map((file) => ({ file, bytes: statSync(file).size })),
    installedBytes,
    nodeBytes: plain.size((path) => path === NODE),
  };
}

/**
 * Writes a Debian package of the agent.
 *
 * @param work a folder for what is packed
 * @param change what else is done to the files under `/usr` before they are packed
 * @returns the bytes that it takes when it is installed
 */
export function writeDebianPackage(
  deb: string,
  parts: Parts,
  release: { readonly version: string; readonly madeAt: number },
  options: ArchiveOptions,
  work: string,
  change: (usr: Tree) => void = () => {},
): number {
  const debian = new Tree(join(work, basename(deb)));
  const usr = new Tree(join(debian.root, 'usr'));
  layOut(usr, parts);
  change(usr);
  const system = join(parts.root, 'deploy/edge-package/system/debian');
  layOutForDebian(debian, system, changelog(release));
  const installedBytes = debian.size();
  addControl(debian, system, controlFile(parts.target, release, parts.node !== undefined, installedBytes));
  writeDeb(deb, debian.root, options);
  return installedBytes;
}

/**
 * All that a target's files are laid out from.
 *
 * @param work a folder for what is unpacked
 */
export function partsFor(
  target: Target,
  bundle: Bundle,
  version: string,
  options: Pick<BuildOptions, 'root' | 'nodeArmhf'>,
  work: string,
): Parts {
  const { root } = options;
  const node = nodeFor(target, options, work);
  if (node) checkMachine(node.program, target);
  const licences = licencesOf(root, bundle, node, version);
  return { root, target, bundle, serialport: serialportOf(root), node, licences };
}

function nodeFor(
  target: Target,
  { root, nodeArmhf }: Pick<BuildOptions, 'root' | 'nodeArmhf'>,
  work: string,
): CarriedNode | undefined {
  if (target.node) return fetchNode(target.node, join(root, 'node_modules/.cache/tashika-packages'));
  return nodeArmhf === undefined ? undefined : nodeOfRelease(nodeArmhf, join(work, 'node'));
}

/** Beside `serialport`, where its own dependencies are. */
function serialportOf(root: string): string {
  const serialport = realpathSync(join(root, 'edge/node_modules/serialport'));
  return realpathSync(join(dirname(serialport), '@serialport/bindings-cpp'));
}

function licencesOf(root: string, bundle: Bundle, node: CarriedNode | undefined, version: string): string {
  const own: Licence = {
    work: `tashika-edge ${version}`,
    terms: 'Apache-2.0',
    text: readFileSync(join(root, 'LICENSE'), 'utf8').trim(),
  };
  const others = packageFolders(bundle.modules).map((folder) => licenceOf(join(root, folder)));
  const ofNode = node && {
    work: `Node.js ${node.version}`,
    terms: 'MIT, and those of its parts',
    text: readFileSync(node.licence, 'utf8').trim(),
  };
  return licenceFile(own, [...others, ...(ofNode ? [ofNode] : [])]);
}
