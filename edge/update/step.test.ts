import { describe, expect, it } from 'vitest';
import { commandOf } from './command.ts';
import type { Deployment } from './deployment.ts';
import type { Fact, Look } from './fact.ts';
import type { Slots } from './installer.ts';
import { NOTHING_DONE, type UpdaterState } from './state.ts';
import { step } from './step.ts';

const LIMITS = { downloadTries: 3, trialMs: 900_000 };
const DEPLOYMENT: Deployment = {
  ...{ id: '7', kind: 'system', version: '13.2', path: '/b', bytes: 100, sha256: 'ab'.repeat(32) },
  ...{ mayDownload: true, mayInstall: true },
};
const after = (...facts: readonly Fact[]): UpdaterState =>
  facts.reduce((state, fact) => step(state, fact, LIMITS), NOTHING_DONE);
const OFFERED: Fact = { fact: 'offered', offer: { ok: true, deployment: DEPLOYMENT }, running: '13.1' };
const INSTALLED: readonly Fact[] = [
  OFFERED,
  { fact: 'downloaded' },
  { fact: 'verified' },
  { fact: 'installing' },
  { fact: 'installed', slot: 'B', now: { bootId: 'one', monotonic: 1_000 }, starts: 5 },
];

function looked(slots: Partial<Slots>, more: Partial<Look> & { boot?: string; at?: number } = {}): Fact {
  const { boot = 'one', at = 2_000, proof, starts = 5 } = more;
  const base: Slots = {
    current: 'A',
    primary: 'A',
    trial: 'B',
    triesLeft: 0,
    fellBackFrom: undefined,
    reason: undefined,
  };
  const now = { bootId: boot, monotonic: at };
  return { fact: 'looked', look: { now, slots: { ...base, ...slots }, starts, proof } };
}

describe('the steps of an update', () => {
  it('count its trial over a restart of the machine, and see that it fell back there', () => {
    const started = after(...INSTALLED, looked({ triesLeft: 1 }));
    expect(commandOf(started)).toBe('look');
    const up = step(started, looked({ current: 'B' }, { boot: 'two', at: 30_000 }), LIMITS);
    expect(up.work?.stage).toMatchObject({ at: 'trial', bootId: 'two', since: 0, boots: 2 });
    const down = step(up, looked({ trial: undefined }, { boot: 'three', at: 20_000, starts: 7 }), LIMITS);
    expect([down.work, down.last]).toEqual([
      undefined,
      {
        id: '7',
        outcome: 'failure',
        detail: 'The machine fell back when it started: it never stored a reading. It started 2 times.',
      },
    ]);
  });

  it('end the trial of a system that starts again and again', () => {
    const boots = ['two', 'three', 'four', 'five', 'six'].map((boot) => looked({ current: 'B' }, { boot, at: 5_000 }));
    expect(commandOf(after(...INSTALLED, ...boots))).toBe('fall-back');
    expect(commandOf(after(...INSTALLED, ...boots.slice(0, 4)))).toBe('look');
  });

  it('give up what can not be confirmed, and take a confirmation that was made all the same', () => {
    const proof = { stored: true, answered: true };
    const proven = after(...INSTALLED, looked({ current: 'B' }, { proof }));
    expect(commandOf(proven)).toBe('confirm');
    const refusals = Array.from({ length: 30 }, (): Fact => ({ fact: 'not-confirmed', reason: 'the disk is full' }));
    const given = refusals.reduce((state, fact) => step(state, fact, LIMITS), proven);
    expect(commandOf(given)).toBe('fall-back');
    expect(step(given, looked({ current: 'B' }), LIMITS)).toBe(given); // on its way
    expect(step(given, looked({ trial: undefined }), LIMITS).last).toMatchObject({
      outcome: 'failure',
      detail: 'It could not be confirmed: the disk is full',
    });
    const confirmed = looked({ current: 'B', primary: 'B', trial: undefined });
    expect(step(given, confirmed, LIMITS).last).toMatchObject({ outcome: 'success' });
  });

  it('install no more often than three times what was cut short each time', () => {
    const facts: Fact[] = [OFFERED, { fact: 'downloaded' }, { fact: 'verified' }];
    const installing: Fact = { fact: 'installing' };
    expect(commandOf(after(...facts, installing, installing, installing))).toBe('install');
    expect(after(...facts, installing, installing, installing, installing).last?.detail).toMatch(/cut short 3 times/);
  });

  it('let nothing that comes late, twice or out of turn change what is done', () => {
    const trial = after(...INSTALLED);
    for (const fact of [
      { fact: 'downloaded' },
      { fact: 'verified' },
      { fact: 'came-not', reason: 'x' },
      { fact: 'refused', reason: 'x' },
      { fact: 'confirmed' },
      { fact: 'nothing-offered' },
      OFFERED,
    ] satisfies Fact[])
      expect(step(trial, fact, LIMITS)).toBe(trial);
    for (const fact of [{ fact: 'downloaded' }, { fact: 'confirmed' }] satisfies Fact[])
      expect(step(NOTHING_DONE, fact, LIMITS)).toBe(NOTHING_DONE);
  });

  it('keep the outbox short, and no end of an action out of it', () => {
    let state = NOTHING_DONE;
    for (let id = 1; id <= 60; id++) {
      const deployment = { ...DEPLOYMENT, id: String(id) };
      state = step(state, { fact: 'offered', offer: { ok: true, deployment }, running: '13.1' }, LIMITS);
      state = step(state, { fact: 'never-comes', reason: 'gone' }, LIMITS);
    }
    expect(state.outbox).toHaveLength(40);
    expect(state.outbox.every(({ execution }) => execution === 'closed')).toBe(true);
  });
});
