import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  fstatSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { runTool } from '../tool.ts';
import type { Signer } from './signer.ts';

/** What goes into one class of slots. */
export interface SlotImage {
  /** RAUC's slot class: `agent`, `system` or `boot`. */
  readonly slot: string;
  readonly file: string;
  /** Hooks of the bundle that run for it, such as `post-install`. */
  readonly hooks?: readonly string[];
}

export interface BundleContents {
  /** RAUC's `compatible`. */
  readonly board: string;
  readonly version: string;
  readonly images: readonly SlotImage[];
  /** A program in the bundle that RAUC runs on the device. */
  readonly hook?: string;
}

export interface BundleOptions {
  readonly madeAt: number;
  readonly signer: Signer;
  /** `plain` is verified whole before it is opened; `verity` while it is read, and wants device-mapper on the device. */
  readonly format: 'plain' | 'verity';
}

/** Writes a signed bundle. Two with the same contents differ in their signature alone, which tells when it was made. */
export function writeBundle(file: string, contents: BundleContents, options: BundleOptions): void {
  const { signer, madeAt, format } = options;
  const folder = mkdtempSync(join(tmpdir(), 'tashika-bundle-'));
  try {
    const inside = join(folder, 'bundle');
    mkdirSync(inside, { mode: 0o755 });
    chmodSync(inside, 0o755);
    for (const { file } of contents.images) place(file, join(inside, basename(file)), 0o644);
    if (contents.hook) place(contents.hook, join(inside, basename(contents.hook)), 0o755);
    writeFileSync(join(inside, 'manifest.raucm'), manifestOf(contents, format));
    runTool('find', [inside, '-exec', 'touch', `--date=@${madeAt}`, '{}', '+'], { madeAt });
    rmSync(file, { force: true });
    // A bundle is a squashfs itself: what is not packed yet, such as a kernel, is packed there.
    const how = ['--mksquashfs-args=-no-exports -quiet'];
    runTool('rauc', ['bundle', '--cert', signer.certificateFile, '--key', signer.key, ...how, inside, file], {
      madeAt,
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function manifestOf({ board, version, images, hook }: BundleContents, format: string): string {
  const parts = images.map(
    ({ slot, file, hooks }) =>
      `[image.${slot}]\nfilename=${basename(file)}\n${hooks ? `hooks=${hooks.join(';')}\n` : ''}`,
  );
  const ofHook = hook ? [`[hooks]\nfilename=${basename(hook)}\n`] : [];
  return [
    `[update]\ncompatible=${board}\nversion=${version}\n`,
    `[bundle]\nformat=${format}\n`,
    ...ofHook,
    ...parts,
  ].join('\n');
}

/** Linked where that is possible: images are large. */
function place(from: string, to: string, mode: number): void {
  if (mode === 0o644) {
    try {
      linkSync(from, to);
      chmodSync(to, mode);
      return;
    } catch {
      // Another file system.
    }
  }
  copyFileSync(from, to);
  chmodSync(to, mode);
}

/** A file's size and digests, as the record tells them. */
export function digestsOf(file: string): { bytes: number; sha256: string; sha1: string; md5: string } {
  const hashes = ['sha256', 'sha1', 'md5'].map((name) => createHash(name));
  const descriptor = openSync(file, 'r');
  try {
    const chunk = Buffer.allocUnsafe(2 ** 20);
    for (let read = readSync(descriptor, chunk); read > 0; read = readSync(descriptor, chunk))
      for (const hash of hashes) hash.update(chunk.subarray(0, read));
    const [sha256, sha1, md5] = hashes.map((hash) => hash.digest('hex')) as [string, string, string];
    return { bytes: fstatSync(descriptor).size, sha256, sha1, md5 };
  } finally {
    closeSync(descriptor);
  }
}

/**
 * A bundle without its signature: a squashfs, with the CMS signature and its length, 8 bytes, behind it (RAUC, "Bundle
 * Formats"). It is what two builds have in common.
 */
export function payloadOf(bundle: string): Buffer {
  const bytes = readFileSync(bundle);
  return bytes.subarray(0, bytes.length - 8 - Number(bytes.readBigUInt64BE(bytes.length - 8)));
}
