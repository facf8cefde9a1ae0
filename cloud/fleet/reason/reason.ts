import type { DeviceState } from '../rollout/states.ts';

/**
 * Why something was done to a rollout, a device or an image, as what is known of it: each code with its values. A sentence
 * is made of it for each language, in `english.ts` for logs, the command line and the tables, and by the fleet page.
 *
 * Kept for as long as the audit log: a code and its values keep their meaning, and what has another one is another code.
 */
export interface ReasonValues {
  /** Words that nobody here chose: a person's, or a reason that was kept before there were codes. */
  readonly words: { readonly words: string };

  // What people order, with their words.
  readonly planned: {
    /** Null where it stands beside it. */
    readonly image: string | null;
    readonly devices: number;
    readonly waves: number;
    /** Devices that would get the image and are in no wave; those that have it already. */
    readonly leftOut: number;
    readonly haveIt: number;
  };
  readonly approved: ByPerson;
  readonly started: ByPerson;
  readonly 'paused-by-person': ByPerson;
  readonly resumed: ByPerson;
  readonly aborted: ByPerson;
  readonly 'aborted-and-rolled-back': ByPerson;

  // What halts or pauses a rollout.
  readonly revoked: { readonly image: string; readonly words: string };
  readonly 'signal-reached': {
    readonly signal: 'version' | 'silence' | 'rate' | 'completeness' | 'clock' | 'restarts' | 'spool';
    /** Updated devices that were looked at, and where the evidence comes from; nulls where it is from all of them. */
    readonly devices: number;
    readonly region: string | null;
    readonly board: string | null;
    readonly observed: number;
    readonly expected: number;
    readonly evidence: number;
    readonly threshold: number;
  };
  readonly 'silent-after-soak': {
    readonly silent: number;
    readonly of: number;
    /** Silent too, and their soak is not over. */
    readonly early: number;
  };
  readonly 'wave-failed': { readonly failed: number; readonly of: number; readonly wave: number };
  readonly 'board-failed': {
    readonly failed: number;
    readonly of: number;
    readonly board: string | null;
    readonly region: string | null;
  };
  readonly 'neighbours-silent': { readonly regions: readonly string[] };
  readonly 'judgeable-again': Nothing;

  // How a rollout goes on.
  readonly soaking: { readonly wave: number; readonly minutes: number };
  readonly 'wave-empty': { readonly wave: number };
  readonly 'too-few-heard': { readonly wave: number; readonly least: number };
  readonly 'not-called-good': { readonly wave: number };
  readonly 'wave-passed': { readonly wave: number; readonly of: number; readonly devices: number };
  readonly 'rolling-back': {
    /** Why it was halted. */
    readonly cause: Reason | null;
    readonly image: string;
    readonly leaving: number;
    readonly underWay: number;
  };
  readonly 'rolled-back': {
    readonly cause: Reason | null;
    /** Devices that tell the image still; those of waves that had passed. */
    readonly telling: number;
    readonly kept: number;
  };
  /** It ended so long ago that its devices are deleted: how many were in which state, the most first. */
  readonly 'devices-deleted': {
    readonly were: readonly { readonly state: DeviceState; readonly devices: number }[];
  };

  // What becomes of a device.
  readonly 'had-it-before': { readonly version: string };
  readonly 'its-wave': { readonly wave: number };
  readonly 'tells-version': { readonly version: string };
  readonly 'tells-former-again': { readonly told: string; readonly version: string };
  readonly 'tells-after-all': { readonly version: string; readonly state: DeviceState };
  readonly 'tells-former-since-install': { readonly told: string };
  readonly 'updater-says': Said;
  readonly 'taken-back': Nothing;
  /** `lastState` is null where its updater never asked for it. */
  readonly 'timed-out': { readonly minutes: number; readonly lastState: DeviceState | null };
  readonly 'sim-lost': Nothing;
  readonly 'its-wave-passed': { readonly wave: number };
  readonly 'halted-before-turn': Nothing;
  readonly 'aborted-before-turn': Nothing;
  readonly 'left-as-is': Nothing;
  readonly 'installed-already': Nothing;
  readonly leaving: {
    readonly because: 'rolled-back' | 'tells' | 'installed' | 'tells-after-all';
    /** Null where it is offered what it had before. */
    readonly noWayBack: NoWayBack | null;
  };
  readonly 'no-way-back': NoWayBack;
  /** It tells neither the rolled-out `version` nor its former one, which it was offered. */
  readonly reimaged: { readonly told: string; readonly version: string; readonly former: string };
  readonly 'rollback-refused': Said;
  /** The server itself closed the action that was to bring it back. */
  readonly 'rollback-given-up': { readonly why: Reason };
  readonly 'rollback-timed-out': {
    readonly minutes: number;
    /** The version that it tells still; null where nothing was heard of it. */
    readonly telling: string | null;
    /** What was known of it before. */
    readonly before: Reason | null;
  };

  // What becomes of an action of its.
  readonly 'action-closed': { readonly image: string; readonly why: Reason };
  readonly 'bundle-gone': Nothing;
  /** What is there is not what was imported, as where a disk was mended. */
  readonly 'bundle-of-other-size': { readonly bytes: number; readonly expected: number };
  readonly 'begun-too-often': { readonly times: number };
}

interface ByPerson {
  readonly by: string;
  readonly words: string | null;
}

/** What an updater says in a word of DDI's, and in its own words. */
interface Said {
  readonly said: string;
  readonly words: string | null;
}

interface NoWayBack {
  /** What it had before and is not to be had any more; null where that is not known. */
  readonly former: string | null;
}

type Nothing = Readonly<Record<string, never>>;

export type ReasonCode = keyof ReasonValues;
export type Reason = {
  readonly [Code in ReasonCode]: { readonly code: Code; readonly values: ReasonValues[Code] };
}[ReasonCode];

/** What one language says: a sentence for each code. */
export type Sentences = { readonly [Code in ReasonCode]: (values: ReasonValues[Code]) => string };

/** A reason as one language says it; undefined for a code that this version does not know. */
export function sentenceIn(sentences: Sentences, { code, values }: Reason): string | undefined {
  const say = Object.hasOwn(sentences, code) ? (sentences[code] as (values: Reason['values']) => string) : undefined;
  return say?.(values);
}
