import { describe, expect, it } from 'vitest';
import { sentenceIn } from '../../fleet/reason/reason.ts';
import { SAMPLE_REASONS, sampleReasons } from '../../fleet/reason/testing/sample-reasons.ts';
import { fleetEn } from './fleet-en.ts';
import { fleetJa } from './fleet-ja.ts';

describe('why something was done', () => {
  it.each([
    ['English', fleetEn],
    ['Japanese', fleetJa],
  ])('is said in %s for each code that there is, and no other', (_, { reasons }) => {
    expect(Object.keys(reasons).sort()).toEqual(Object.keys(SAMPLE_REASONS).sort());
    const said = sampleReasons().map((why) => sentenceIn(reasons, why));
    expect(said.join('\n')).not.toMatch(/undefined|NaN|null|\[object/);
  });

  it('is Japanese all through where the page is, but for names and what others wrote', () => {
    const words = ['It was Tuesday', 'Aiko', 'Tohoku is down', 'CVE', 'No space left on device', 'Installed', 'hungry'];
    const names = ['agent', 'rpi5', 'mars', 'devices fall silent', ...words];
    for (const why of sampleReasons()) {
      if (why.code === 'words') continue;
      const said = sentenceIn(fleetJa.reasons, why)!;
      expect([why, said]).toEqual([why, expect.stringMatching(/[。」]$/)]);
      expect([why.code, names.reduce((rest, name) => rest.replaceAll(name, ''), said)]).toEqual([
        why.code,
        expect.not.stringMatching(/[a-z]{2}/i),
      ]);
    }
  });

  it('names places, and quotes what an updater wrote as it is', () => {
    const say = (index: number, code: keyof typeof SAMPLE_REASONS) =>
      sentenceIn(fleetJa.reasons, sampleReasons().filter((why) => why.code === code)[index]!);
    expect(say(0, 'board-failed')).toBe('福岡県のボード rpi5 では、3 台中 3 台で更新に失敗しました。');
    expect(say(0, 'updater-says')).toBe('アップデーターの報告は「失敗」です:「No space left on device」');
    expect(say(0, 'signal-reached')).toBe(
      '更新済みデバイス 12 台が更新後に取得した測定値は、自身の過去と近隣のデバイスから期待される件数の 79% です。証拠 812 がしきい値 700 に達しました。',
    );
  });

  it('is not said where the server is newer than the page', () => {
    expect(sentenceIn(fleetJa.reasons, { code: 'tomorrow', values: {} } as never)).toBeUndefined();
  });
});
