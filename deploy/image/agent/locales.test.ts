import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { keepLanguages } from './locales.ts';

/** A program with an archive as ICU lays it out, each item four bytes of its own. */
function programWith(names: readonly string[]): Buffer {
  const table = 4 + names.length * 8;
  const texts = names.map((name) => `icudt78l/${name}\0`);
  const data = table + texts.join('').length;
  const contents = Buffer.alloc(data + names.length * 4);
  contents.writeUInt32LE(names.length, 0);
  let text = table;
  for (const [index, each] of texts.entries()) {
    contents.writeUInt32LE(text, 4 + index * 8);
    contents.writeUInt32LE(data + index * 4, 8 + index * 8);
    text += contents.write(each, text, 'latin1');
    contents.fill(index + 1, data + index * 4, data + index * 4 + 4);
  }
  const header = Buffer.from('2000da271400000000000200436d6e44010000000300000000000000000000000', 'hex');
  return Buffer.concat([Buffer.from('code before \xda\x27', 'latin1'), header, contents, Buffer.from('code behind')]);
}

/** What a program's archive still has: the names, and each one's first byte. */
function itemsIn(program: Buffer): Record<string, number> {
  const table = program.indexOf('CmnD') - 12 + 32;
  const entries = Array.from({ length: program.readUInt32LE(table) }, (_, index) => table + 4 + index * 8);
  return Object.fromEntries(
    entries.map((entry) => {
      const name = table + program.readUInt32LE(entry);
      return [
        program.toString('latin1', name + 'icudt78l/'.length, program.indexOf(0, name)),
        program[table + program.readUInt32LE(entry + 4)]!,
      ];
    }),
  );
}

const NAMES = [
  'de.res',
  'en_GB.res',
  'ja.res',
  'nfkc.nrm',
  'res_index.res',
  'coll/zh_Hant.res',
  'coll/ucadata.icu',
  'zoneinfo64.res',
];

describe('the languages of a carried Node', () => {
  it('leaves those that are wanted and what belongs to none, each where its own bytes are', () => {
    const program = programWith(NAMES);
    const { length } = program;
    expect(keepLanguages(program, ['en', 'ja'])).toBe(8);
    expect(program).toHaveLength(length);
    expect(itemsIn(program)).toEqual({
      'en_GB.res': 2,
      'ja.res': 3,
      'nfkc.nrm': 4,
      'res_index.res': 5,
      'coll/ucadata.icu': 7,
      'zoneinfo64.res': 8,
    });
    for (const taken of [1, 6]) expect(program.includes(Buffer.alloc(4, taken))).toBe(false);
    expect(program.toString('latin1')).toMatch(/^code before .*code behind$/s);
  });

  it('changes nothing more the second time', () => {
    const program = programWith(NAMES);
    keepLanguages(program, ['ja']);
    const once = Buffer.from(program);
    keepLanguages(program, ['ja']);
    expect(program.equals(once)).toBe(true);
  });

  it('refuses a program without such an archive, or with one that is laid out otherwise, and leaves it as it is', () => {
    expect(() => keepLanguages(Buffer.from('\x7fELF \xda\x27 no archive'), ['ja'])).toThrow(/holds no data of ICU/);
    const program = programWith(NAMES);
    const table = program.indexOf('CmnD') - 12 + 32;
    program.writeUInt32LE(1, table + 4 + 3 * 8 + 4);
    const before = Buffer.from(program);
    expect(() => keepLanguages(program, ['ja'])).toThrow(/nfkc\.nrm does not lie behind the one before/);
    expect(program.equals(before)).toBe(true);
  });

  it('refuses a program that does not speak what is wanted, such as a Node that was built for English alone', () => {
    const program = programWith(['en.res', 'pool.res', 'res_index.res']);
    const before = Buffer.from(program);
    expect(() => keepLanguages(program, ['en', 'ja'])).toThrow(/has no texts of ja where they are looked for/);
    expect(program.equals(before)).toBe(true);
  });

  // Debian's own Node has its ICU as a library; the one of the pipeline and the carried ones are linked with it.
  it.skipIf((process.config.variables as { icu_gyp_path?: string }).icu_gyp_path !== 'tools/icu/icu-generic.gyp')(
    'gives a Node that runs, speaks those languages, and answers in any other',
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'tashika-locales-'));
      onTestFinished(() => rmSync(folder, { recursive: true }));
      const program = readFileSync(process.execPath);
      expect(keepLanguages(program, ['en', 'ja'])).toBeGreaterThan(10 * 2 ** 20);
      const node = join(folder, 'node');
      writeFileSync(node, program, { mode: 0o755 });
      const script = `
        const at = new Date(0), zoned = { timeZone: 'Asia/Tokyo', dateStyle: 'full', timeStyle: 'long' };
        console.log(JSON.stringify([
          new Intl.DateTimeFormat('ja', zoned).format(at),
          new Intl.DateTimeFormat('en', zoned).format(at),
          ['ば', 'は', 'ア', 'あ', 'b', 'A', 'a10', 'a9'].sort((a, b) => a.localeCompare(b, 'ja', { numeric: true })),
          'ｶﾞ①'.normalize('NFKC'), 'が'.normalize('NFD').length, 'İI'.toLowerCase(), /^\\p{Script=Katakana}+$/u.test('カ'),
          new TextDecoder('shift_jis').decode(Uint8Array.of(0x93, 0xfa, 0x96, 0x7b)), new URL('http://日本.jp').host,
        ]));
        for (const each of ['de', 'zh-Hant-TW', 'ar-EG', 'th', 'xx']) {
          at.toLocaleString(each); (1234.5).toLocaleString(each, { style: 'currency', currency: 'EUR' });
          'a'.localeCompare('b', each); new Intl.DisplayNames(each, { type: 'region' }).of('JP');
          new Intl.PluralRules(each).select(2); new Intl.RelativeTimeFormat(each).format(1, 'day');
          [...new Intl.Segmenter(each, { granularity: 'word' }).segment('a b')]; new Intl.ListFormat(each).format(['a', 'b']);
        }`;
      const run = (file: string, locale: string) =>
        execFileSync(file, ['-e', script], { encoding: 'utf8', env: { LC_ALL: locale } });
      expect(run(node, 'de_DE.UTF-8')).toBe(run(process.execPath, 'C.UTF-8'));
    },
  );
});
