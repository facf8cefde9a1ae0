import type { Duration } from '@tashika/shared/time';
import type { Offer } from './deployment.ts';
import type { Slots } from './installer.ts';

/** What happened. */
export type Fact =
  /**
   * The server offers this. `running` is the version of the kind that runs here already, and where that is the one that is
   * offered, `here` is what its slots say; undefined where there are none.
   */
  | {
      readonly fact: 'offered';
      readonly offer: Offer;
      readonly running: string | undefined;
      readonly here?: Omit<Look, 'proof'> | undefined;
    }
  | { readonly fact: 'nothing-offered' }
  | { readonly fact: 'cancel-asked'; readonly id: string; readonly stopId: string }
  /** A piece came, or none did. */
  | { readonly fact: 'came' }
  | { readonly fact: 'came-not'; readonly reason: string }
  | { readonly fact: 'never-comes'; readonly reason: string }
  | { readonly fact: 'downloaded' }
  /** The server sent the whole where a part was asked for: it has other bytes than those that came before, or no ranges. */
  | { readonly fact: 'changed' }
  /** All bytes are there and are others than announced; `doubtful` where they may be of two files or a spoiled disk. */
  | { readonly fact: 'mismatched'; readonly doubtful: boolean }
  /** What was downloaded is not here any more, or not as it was. */
  | { readonly fact: 'spoiled' }
  | { readonly fact: 'verified' }
  | { readonly fact: 'refused'; readonly reason: string }
  /** `fellBackBefore`: the slots tell of a trial that failed before. */
  | { readonly fact: 'installing'; readonly fellBackBefore?: boolean }
  /** `found`: by an updater that was cut off, which finds it in its slot now, or finds that its trial is over. */
  | {
      readonly fact: 'installed';
      readonly slot: string;
      readonly now: Moment;
      readonly starts: number;
      readonly found?: boolean;
    }
  | { readonly fact: 'not-installed'; readonly reason: string }
  | { readonly fact: 'looked'; readonly look: Look }
  | { readonly fact: 'confirmed' }
  | { readonly fact: 'not-confirmed'; readonly reason: string }
  /** The outbox's first was told, or will never be taken. */
  | { readonly fact: 'told' }
  | { readonly fact: 'attributes-told'; readonly hash: string };

export interface Moment {
  readonly bootId: string;
  /** Of the boot, in ms. */
  readonly monotonic: Duration;
}

/** What is seen of an image on trial. */
export interface Look {
  readonly now: Moment;
  readonly slots: Slots;
  /** How often the agent has started in its data directory. */
  readonly starts: number;
  /** A proof of the new version, of this boot; undefined where there is none. */
  readonly proof: { readonly stored: boolean; readonly answered: boolean } | undefined;
}

/** How much is tried before an update is given up. */
export interface Limits {
  readonly downloadTries: number;
  readonly trialMs: Duration;
}
