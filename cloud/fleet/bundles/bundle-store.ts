import type { Readable } from 'node:stream';
import type { Timestamp } from '@tashika/shared/time';

/** The bytes `first` to `last` of a file, both included, as HTTP counts them. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/** What a bundle is to be, as whoever sends it says. */
export interface ExpectedBundle {
  /** In hex; the name that it is kept under. */
  readonly sha256: string;
  /** Undefined where the sender does not tell. */
  readonly bytes?: number | undefined;
  /** It is refused beyond this, however much was announced. */
  readonly mostBytes: number;
}

export interface StoredBundle {
  readonly sha256: string;
  readonly bytes: number;
  readonly storedAt: Timestamp;
}

/**
 * Where the files of images lie, each under its SHA-256. A bundle is there whole or not at all: what ends in the middle,
 * or is not what it was said to be, leaves nothing that has a name.
 *
 * Every method rejects with TashikaError BUNDLES_UNAVAILABLE where the place can't be reached or read, and DISK_FULL
 * where it has no room.
 */
export interface BundleStore {
  /** Where bundles lie, as a sentence names it; no secret. */
  readonly place: string;
  /**
   * Keeps what `content` brings if it is what was expected, in constant memory. One that is there already is not read:
   * `there`, and it counts as stored anew.
   *
   * @throws TashikaError BUNDLE_DIFFERS where length or hash are others, BODY_TOO_LARGE beyond `mostBytes`; whatever `content` throws
   */
  put(expected: ExpectedBundle, content: AsyncIterable<Uint8Array>): Promise<'stored' | 'there'>;
  /** Makes it count as stored anew, so that no `remove` of an old one takes it; false where there is none. */
  keep(sha256: string): Promise<boolean>;
  /** Its length; undefined where there is none. */
  size(sha256: string): Promise<number | undefined>;
  /**
   * For who misses a bundle that was there: rejects with BUNDLES_UNAVAILABLE where nothing was ever put, as where a disk is
   * not mounted or a container was deleted, because then none is known to be gone.
   */
  requireUsed(): Promise<void>;
  /**
   * Its bytes, or a range of them that lies within its length. Destroy the stream to stop early.
   *
   * @throws TashikaError NOT_FOUND where there is none
   */
  read(sha256: string, range?: ByteRange): Promise<Readable>;
  /** All that are there, in no order. */
  list(): AsyncIterable<StoredBundle>;
  /** Takes it away, unless it was stored after `unlessAfter`; without a word where there is none. */
  remove(sha256: string, unlessAfter?: Timestamp): Promise<void>;
  /** Takes away what uploads that ended before `before` left without a name. */
  sweep(before: Timestamp): Promise<void>;
}
