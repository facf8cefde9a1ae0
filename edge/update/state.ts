import type { Duration } from '@tashika/shared/time';
import type { Deployment } from './deployment.ts';

/** How far an update has come. Each stage can be begun anew after a kill at any moment. */
export type Stage =
  | {
      readonly at: 'downloading';
      /** Attempts in a row that brought nothing. */
      readonly fruitless: number;
      /** It was begun from its first byte once more, because what was here was not of what was announced. */
      readonly anew: boolean;
    }
  /** `anew`: as of the download. */
  | { readonly at: 'verifying'; readonly anew?: boolean }
  /** Downloaded and rightly signed; waits for its window. */
  | { readonly at: 'ready'; readonly anew?: boolean }
  | {
      readonly at: 'installing';
      readonly tries: number;
      /** A trial had failed before it was begun, or may have: what the slots say of one may be of another image. */
      readonly fellBackBefore?: boolean;
    }
  | ({ readonly at: 'trial' } & Trial)
  | ({ readonly at: 'confirming'; readonly tries: number } & Trial)
  | ({ readonly at: 'falling-back'; readonly reason: string } & Trial);

/** A new image that has not proved itself. */
export interface Trial {
  /** The slot that it is in. */
  readonly slot: string;
  /** The boot that it was last seen in, and since when it is on trial there, in monotonic ms. */
  readonly bootId: string;
  readonly since: Duration;
  /** Boots of the machine that it was seen in. */
  readonly boots: number;
  /** Starts of the agent when it began. */
  readonly startsBefore: number;
  /** It was found on trial by an updater that did not know of it, so its agent may have started before. */
  readonly found?: true;
  /** What was seen of the new agent. */
  readonly ran: boolean;
  readonly stored: boolean;
}

/** What an update is at. */
export interface Work {
  readonly deployment: Deployment;
  readonly stage: Stage;
}

/** What the server is to be told of an action. */
export interface Feedback {
  readonly to: 'deploymentBase' | 'cancelAction';
  readonly id: string;
  readonly execution: 'download' | 'downloaded' | 'scheduled' | 'proceeding' | 'closed' | 'canceled' | 'rejected';
  readonly finished: 'none' | 'success' | 'failure';
  readonly details: readonly string[];
}

/** How the last action ended, for a server that did not hear it. */
export interface Ended {
  readonly id: string;
  readonly outcome: 'success' | 'failure' | 'cancelled';
  readonly detail: string;
}

/** All that an updater must remember. */
export interface UpdaterState {
  readonly work: Work | undefined;
  readonly last: Ended | undefined;
  /** What is yet to be told, in order. */
  readonly outbox: readonly Feedback[];
  /** Hash of the attributes that the server was told. */
  readonly attributes: string | undefined;
}

export const NOTHING_DONE: UpdaterState = { work: undefined, last: undefined, outbox: [], attributes: undefined };
