import { messageOf } from '@tashika/shared/errors';
import type { Clock, Duration } from '@tashika/shared/time';
import type { BundleFile } from './bundle-file.ts';
import type { DdiClient } from './ddi.ts';
import type { Deployment } from './deployment.ts';
import type { Fact } from './fact.ts';

export interface DownloadOptions {
  readonly client: Pick<DdiClient, 'piece'>;
  /** What the day has left. */
  readonly most: number;
  readonly bundle: BundleFile;
  readonly clock: Clock;
  readonly pieceBytes: number;
  readonly bytesPerSecond: number;
  /** The wait after a failure. */
  readonly delay: () => Duration;
}

/** What a piece came to, and how long to wait before the next one. */
export interface Progress {
  readonly fact: Fact | undefined;
  readonly waitMs: Duration;
  /** Why there was less than was asked for. */
  readonly why?: string;
}

/**
 * Gets the next piece of a bundle, or says that it is whole. What came is on the disk when it resolves. Rejects as the
 * disk does.
 */
export async function downloadPiece(
  { path, bytes: size, sha256 }: Deployment,
  { client, most, bundle, clock, pieceBytes, bytesPerSecond, delay }: DownloadOptions,
  signal: AbortSignal,
): Promise<Progress> {
  await bundle.open(size);
  const from = bundle.bytes;
  if (from === size) {
    if (bundle.digest() === sha256) return { fact: { fact: 'downloaded' }, waitMs: 0 };
    const { doubtful } = bundle;
    await bundle.restart();
    return { fact: { fact: 'mismatched', doubtful }, waitMs: 0 };
  }
  const beganAt = clock.monotonic();
  const failed = async (reason: string, waitMs: Duration): Promise<Progress> => {
    if (bundle.bytes > from) await bundle.sync();
    const fact: Fact = bundle.bytes > from ? { fact: 'came' } : { fact: 'came-not', reason };
    return { fact, waitMs, why: reason };
  };
  const asked = { path, from, bytes: pieceBytes, size, most };
  try {
    const piece = await client.piece(asked, (chunk) => bundle.append(chunk), signal);
    switch (piece.kind) {
      case 'came': {
        if (bundle.bytes === from) return failed('the server sent nothing', delay());
        if (piece.mixed) bundle.doubt();
        await bundle.sync();
        const paceMs = ((bundle.bytes - from) / bytesPerSecond) * 1_000;
        const waitMs = bundle.bytes === size ? 0 : Math.max(0, paceMs - (clock.monotonic() - beganAt));
        return { fact: { fact: 'came' }, waitMs };
      }
      case 'changed':
        await bundle.restart();
        return { fact: { fact: 'changed' }, waitMs: delay() };
      case 'gone':
        return { fact: { fact: 'never-comes', reason: piece.reason }, waitMs: 0 };
      case 'later':
        if (piece.spoiled) await bundle.restart();
        if (signal.aborted) return { fact: undefined, waitMs: 0 };
        return piece.patience
          ? { fact: undefined, waitMs: piece.waitMs, why: piece.reason }
          : failed(piece.reason, Math.max(piece.waitMs, delay()));
    }
  } catch (error) {
    if (signal.aborted) return { fact: undefined, waitMs: 0 };
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') {
      bundle.doubt(); // of a server that tells no length it may be a page
      throw error;
    }
    return failed(messageOf(error), delay());
  }
}
