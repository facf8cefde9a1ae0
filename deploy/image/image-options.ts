import type { ImageName, ImageRecord } from '@tashika/shared/image';
import type { Signer } from './bundle/signer.ts';
import type { Board } from './definition.ts';
import type { Advisories } from './scan/advisory.ts';

/** What a build of either product is told. */
export interface ImageOptions {
  /** The repository, built. */
  readonly root: string;
  /** The image gets a folder of its own in it. */
  readonly out: string;
  readonly board: Board;
  readonly version: string;
  readonly commit: string;
  /** SOURCE_DATE_EPOCH, in seconds since 1970. */
  readonly madeAt: number;
  readonly signer: Signer;
  readonly format: 'plain' | 'verity';
  /** Larger, and made in less time. */
  readonly quick: boolean;
  readonly parent: ImageName | undefined;
  readonly approvedBy: string | undefined;
  readonly advisories: Advisories | undefined;
  readonly mostCvss: number;
  /** Of the building machine: what it names must not be in an image. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** How the build is getting on. */
  readonly tell: (what: string) => void;
}

/** What was built, and where it lies. */
export interface BuiltImage {
  readonly directory: string;
  readonly bundle: string;
  readonly record: ImageRecord;
}
