import { describe, expect, it } from 'vitest';
import { type Reason, reasonOf, sentenceOf, storableReason } from './index.ts';
import { sampleReasons } from './testing/sample-reasons.ts';

describe('the English sentence of a reason', () => {
  it('is there for each code, whatever its values', () => {
    for (const why of sampleReasons())
      expect([why, sentenceOf(why)]).toEqual([why, expect.stringMatching(/^\w[^{}]{2,}$/)]);
    expect(sampleReasons().map(sentenceOf).join('\n')).not.toMatch(/undefined|NaN|null|\[object/);
  });

  it('has hours where minutes would be long numbers', () => {
    const after = (minutes: number) => sentenceOf({ code: 'timed-out', values: { minutes, lastState: null } });
    expect([60, 90, 120, 1_440].map(after).map((said) => /for (.*):/.exec(said)?.[1])).toEqual([
      ...['60 minutes', '90 minutes', '2 hours', '24 hours'],
    ]);
  });

  it('keeps in sight what halted a rollout, without its full stop', () => {
    const cause: Reason = { code: 'silent-after-soak', values: { silent: 30, of: 120, early: 90 } };
    const rollingBack: Reason = {
      code: 'rolling-back',
      values: { cause, image: 'agent/1.5.0', leaving: 1, underWay: 2 },
    };
    expect(sentenceOf(rollingBack)).toBe(
      '30 of 120 devices are silent at the end of their soak; 90 fell silent and are not at that end yet; agent/1.5.0 is on 1 device that leaves it, and 2 devices were on the way to it',
    );
  });
});

describe('a reason that is kept', () => {
  it('has nothing that PostgreSQL can not store, and long words are cut', () => {
    const why: Reason = { code: 'updater-says', values: { said: 'a\u0000b', words: 'x'.repeat(5_000) } };
    const kept = storableReason(why);
    expect(kept).toMatchObject({ code: 'updater-says', values: { said: 'a\ufffdb' } });
    expect(JSON.stringify(kept).length).toBeLessThan(1_100);
    for (const each of sampleReasons()) expect(storableReason(each)).toEqual(each);
  });

  it('is left to its sentence where it is too long all the same', () => {
    const regions = Array.from({ length: 10_000 }, (_, index) => String(index));
    expect(storableReason({ code: 'neighbours-silent', values: { regions } })).toBeNull();
    expect(storableReason(undefined)).toBeNull();
  });

  it('is its sentence where it is older than its codes', () => {
    expect(reasonOf(null, 'it was Tuesday')).toEqual({ code: 'words', values: { words: 'it was Tuesday' } });
    expect(reasonOf({ code: 'taken-back', values: {} }, 'it was Tuesday')).toEqual({ code: 'taken-back', values: {} });
    expect(reasonOf(null, null)).toBeNull();
  });
});
