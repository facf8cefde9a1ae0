import { describe, expect, it } from 'vitest';
import { rememberedState } from './remembered.ts';
import { NOTHING_DONE, type UpdaterState } from './state.ts';

describe('what a state file holds', () => {
  const feedback = {
    to: 'deploymentBase',
    id: '7',
    execution: 'closed',
    finished: 'success',
    details: ['good'],
  } as const;
  const state: UpdaterState = { ...NOTHING_DONE, outbox: [feedback], attributes: 'ab' };

  it('is read part by part, and what a newer updater has put beside is passed over', () => {
    expect(rememberedState({ ...state, v: 9, more: {} })).toEqual({ state, damage: undefined });
    const broken = { ...state, outbox: [null, feedback, { ...feedback, details: 7 }], attributes: 7, last: {} };
    expect(rememberedState(broken)).toEqual({
      state: { ...state, attributes: undefined },
      damage: 'not as it must be: last, outbox, attributes',
    });
    for (const nothing of [null, [], 7, 'x'])
      expect(rememberedState(nothing)).toEqual({ state: NOTHING_DONE, damage: 'it holds no object' });
    for (const outbox of [null, {}, 7])
      expect(rememberedState({ outbox })).toEqual({ state: NOTHING_DONE, damage: 'not as it must be: outbox' });
  });
});
