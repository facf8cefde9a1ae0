import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hunt, TIMES } from './hunt.ts';
import type { Settings } from './model.ts';
import { type ModelStore, openModelStore } from './store.ts';

const DEFAULTS: Settings = {
  policy: 'revise',
  action: 'adjust',
  lengthMs: 60_000,
  hopMs: undefined,
  lateToleranceMs: 5000,
  earlyToleranceMs: 300_000,
  outOfOrderToleranceMs: 0,
  windowsKeptMs: undefined,
};
const STREAM_ANALYTICS = { ...DEFAULTS, policy: 'stream-analytics' } as const;

/** What a hunt has to meet, or it has proven nothing about it. */
const TROUBLE = [
  'a batch fenced off',
  'a claim by an old listing',
  'a commit that fails: answer',
  'a commit that fails: before',
  'a commit that fails: within',
  'a dead letter: counted',
  'a dead letter: event-too-early',
  'a dead letter: invalid-json',
  'a dead letter: invalid-value',
  'a duplicate',
  'a partition taken between two attempts',
  'a reading lost',
  'a reading missing',
  'an event that the hub let go',
  'commits at the same time',
];

/** By the seeds given here; others may miss what is rare. */
const MEETS_ALL = process.env.TASHIKA_MODEL_SEED === undefined && TIMES >= 1;

let store: ModelStore;
beforeAll(async () => {
  store = await openModelStore();
});
afterAll(() => store.close());

describe.each<[string, { count: number; seed: number }, Settings, string[]]>([
  ['revise', { count: 240, seed: 1 }, DEFAULTS, ['a revised window']],
  [
    'revise, with windows kept for two hours',
    { count: 200, seed: 5 },
    { ...DEFAULTS, windowsKeptMs: 7_200_000 },
    ['a dead letter: event-too-old'],
  ],
  [
    'revise, hopping by half a window',
    { count: 400, seed: 2 },
    { ...DEFAULTS, hopMs: 30_000, outOfOrderToleranceMs: 10_000 },
    ['a revised window'],
  ],
  [
    'stream-analytics, adjusting',
    { count: 500, seed: 3 },
    { ...STREAM_ANALYTICS, outOfOrderToleranceMs: 2000 },
    ['a reading adjusted'],
  ],
  [
    'stream-analytics, dropping',
    { count: 300, seed: 4 },
    { ...STREAM_ANALYTICS, action: 'drop' },
    ['a reading dropped'],
  ],
])('under the policy %s', (_, { count, seed }, settings, trouble) => {
  it(
    'whatever devices, the way, the hub and workers do, the store shows what the model says',
    async () => {
      const met = await hunt(store, settings, count, seed);
      if (MEETS_ALL) expect([...met.keys()]).toEqual(expect.arrayContaining([...TROUBLE, ...trouble]));
    },
    600_000 * Math.max(1, TIMES),
  );
});
