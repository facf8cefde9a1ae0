import { readFile, rename, writeFile } from 'node:fs/promises';
import type { Duration } from '@tashika/shared/time';

/** What an agent says of itself to the updater beside it. Times are the boot's monotonic ones, in ms. */
export interface Proof {
  readonly v: 1;
  readonly version: string;
  readonly bootId: string;
  readonly startedAt: Duration;
  readonly writtenAt: Duration;
  /** A reading of this start is on the disk. */
  readonly stored: boolean;
  /** A post with readings was accepted since this start. */
  readonly answered: boolean;
  readonly failuresInRow: number;
  /** Readings that wait for the link. */
  readonly held: number;
}

/** The proof in a file; undefined where there is none, or none that can be understood. */
export async function readProof(file: string): Promise<Proof | undefined> {
  try {
    const proof = JSON.parse(await readFile(file, 'utf8')) as Proof;
    const numbers = [proof.startedAt, proof.writtenAt, proof.failuresInRow, proof.held];
    const flags = [proof.stored, proof.answered];
    const isOne =
      proof.v === 1 &&
      typeof proof.version === 'string' &&
      typeof proof.bootId === 'string' &&
      numbers.every((each) => typeof each === 'number') &&
      flags.every((each) => typeof each === 'boolean');
    return isOne ? proof : undefined;
  } catch {
    return undefined;
  }
}

/** Replaces the file as a whole. Not forced onto a disk: it is worth nothing after the boot that it is of. */
export async function writeProof(file: string, proof: Proof): Promise<void> {
  await writeFile(`${file}.new`, `${JSON.stringify(proof)}\n`, { mode: 0o644 });
  await rename(`${file}.new`, file);
}
