import type { ImageKind } from '@tashika/shared/image';

/** Which slot runs, and what becomes of another. */
export interface Slots {
  /** Undefined where neither of the two slots runs, but what the system's image brought. */
  readonly current: string | undefined;
  readonly primary: string | undefined;
  /** The slot that waits for its trial, or has it now. */
  readonly trial: string | undefined;
  readonly triesLeft: number;
  /** The slot whose trial failed, until another one waits for its trial. */
  readonly fellBackFrom: string | undefined;
  /** Why the slot that runs was chosen, where it is not the one that was meant. */
  readonly reason: string | undefined;
}

/** What a bundle says of itself, rightly signed. */
export interface BundleInfo {
  readonly compatible: string;
  readonly version: string;
}

/** Installs images of one kind, and gives them a trial. Each method rejects with a sentence of why. */
export interface Installer {
  /** The board that bundles must be for; undefined where nothing of this kind can be installed here. */
  board(): Promise<string | undefined>;
  /** Checks the signature. */
  verify(bundle: string, signal: AbortSignal): Promise<BundleInfo>;
  /** Writes the bundle into the slot that does not run, and answers with that slot, which waits for its trial then. */
  install(bundle: string, signal: AbortSignal): Promise<string>;
  slots(signal: AbortSignal): Promise<Slots>;
  /** Starts what waits for its trial. */
  startTrial(signal: AbortSignal): Promise<void>;
  /** The slot on trial stays. */
  confirm(slot: string, signal: AbortSignal): Promise<void>;
  /** The slot on trial is given up, and the one before it started. */
  fallBack(slot: string, signal: AbortSignal): Promise<void>;
}

export type Installers = Readonly<Record<ImageKind, Installer>>;
