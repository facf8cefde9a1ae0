import { IMAGE_KINDS } from '@tashika/shared/image';
import type { Deployment } from './deployment.ts';
import {
  type Ended,
  type Feedback,
  NOTHING_DONE,
  type Stage,
  type Trial,
  type UpdaterState,
  type Work,
} from './state.ts';

/** Says of each field of an object whether it is what it must be; others may stand beside them. */
type Fields<Of> = { readonly [Name in keyof Required<Of>]: (value: unknown) => boolean };

const text = (value: unknown) => typeof value === 'string';
const number = (value: unknown) => Number.isFinite(value);
const flag = (value: unknown) => typeof value === 'boolean';
const oneOf =
  (...words: readonly unknown[]) =>
  (value: unknown) =>
    words.includes(value);

const DEPLOYMENT: Fields<Deployment> = {
  ...{ id: text, kind: oneOf(...IMAGE_KINDS), version: text, path: text, bytes: number },
  ...{ sha256: text, mayDownload: flag, mayInstall: flag },
};
const TRIAL: Fields<Trial> = {
  ...{ slot: text, bootId: text, since: number, boots: number, startsBefore: number },
  ...{ found: oneOf(undefined, true), ran: flag, stored: flag },
};
const STAGES: { readonly [At in Stage['at']]: Fields<Omit<Extract<Stage, { readonly at: At }>, 'at'>> } = {
  downloading: { fruitless: number, anew: flag },
  verifying: { anew: oneOf(undefined, true, false) },
  ready: { anew: oneOf(undefined, true, false) },
  installing: { tries: number, fellBackBefore: oneOf(undefined, true, false) },
  trial: TRIAL,
  confirming: { ...TRIAL, tries: number },
  'falling-back': { ...TRIAL, reason: text },
};
const ENDED: Fields<Ended> = { id: text, outcome: oneOf('success', 'failure', 'cancelled'), detail: text };
const FEEDBACK: Fields<Feedback> = {
  ...{ to: oneOf('deploymentBase', 'cancelAction'), id: text },
  execution: oneOf('download', 'downloaded', 'scheduled', 'proceeding', 'closed', 'canceled', 'rejected'),
  finished: oneOf('none', 'success', 'failure'),
  details: (value) => Array.isArray(value) && value.every(text),
};

/** The state in what a file holds: each part of it that is whole, and a name for each that is not. */
export function rememberedState(value: unknown): { readonly state: UpdaterState; readonly damage: string | undefined } {
  if (!isObject(value)) return { state: NOTHING_DONE, damage: 'it holds no object' };
  const { work, last, outbox = [], attributes } = value;
  const words = Array.isArray(outbox) ? outbox.filter((each): each is Feedback => has(FEEDBACK, each)) : undefined;
  const damaged = [
    work !== undefined && !isWork(work) && 'work',
    last !== undefined && !has(ENDED, last) && 'last',
    words?.length !== (Array.isArray(outbox) ? outbox.length : -1) && 'outbox',
    attributes !== undefined && !text(attributes) && 'attributes',
  ].filter(Boolean);
  const state: UpdaterState = {
    work: isWork(work) ? work : undefined,
    last: has(ENDED, last) ? last : undefined,
    outbox: words ?? [],
    attributes: typeof attributes === 'string' ? attributes : undefined,
  };
  return { state, damage: damaged.length > 0 ? `not as it must be: ${damaged.join(', ')}` : undefined };
}

function isWork(value: unknown): value is Work {
  if (!isObject(value) || !has(DEPLOYMENT, value.deployment) || !isObject(value.stage)) return false;
  const { at } = value.stage;
  return (
    typeof at === 'string' && Object.hasOwn(STAGES, at) && has(STAGES[at as Stage['at']] as Fields<Stage>, value.stage)
  );
}

function has<Of>(fields: Fields<Of>, value: unknown): value is Of {
  return (
    isObject(value) && Object.entries(fields).every(([name, is]) => (is as (value: unknown) => boolean)(value[name]))
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
