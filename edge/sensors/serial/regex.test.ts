import { describe, expect, it } from 'vitest';
import { patternProblem, regexParser } from './regex.ts';

describe('a line that a pattern reads', () => {
  it('gives each named group that took part', () => {
    const parse = regexParser('^(?<id>\\w+) T=(?<temp>[-+0-9.]+)C(?: H=(?<hum>\\d+)%)?(?: DOOR (?<door>true|false))?$');
    expect(parse('k1 T=-3.50C H=51% DOOR true').fields).toEqual([
      { name: 'id', value: 'k1' },
      { name: 'temp', value: -3.5 },
      { name: 'hum', value: 51 },
      { name: 'door', value: true },
    ]);
    expect(parse('k1 T=4C').fields.map(({ name }) => name)).toEqual(['id', 'temp']);
  });

  it('is a problem where it does not match, and where a group is no number', () => {
    const parse = regexParser('T=(?<temp>\\S+)');
    expect(parse('boot v1.2')).toEqual({ fields: [], problems: ['It does not match the pattern.'] });
    expect(parse('T=nan')).toMatchObject({ fields: [], problems: [expect.any(String)] });
  });

  it.each([
    ['nested quantifiers', '^(?<a>(a+)+)$', `${'a'.repeat(60)}!`],
    ['alternatives that overlap', '^(?<a>(a|a)*)$', `${'a'.repeat(60)}!`],
    ['quantifiers in a row', '^(?<a>a*a*a*a*a*a*b)$', 'a'.repeat(4_000)],
  ])('ends for %s, and says what to do', (_name, pattern, line) => {
    const parse = regexParser(pattern, 50);
    expect(() => parse(line)).toThrow('The pattern took longer than 50 ms');
    expect(patternProblem(pattern)).toBeUndefined();
  });

  it('is read by the same pattern after a line that took too long', () => {
    const parse = regexParser('^(?<a>(a+)+)$', 500);
    expect(() => parse(`${'a'.repeat(60)}!`)).toThrow();
    expect(parse('aaa').fields).toEqual([{ name: 'a', value: 'aaa' }]);
  });
});

describe('a pattern', () => {
  it.each([
    ['(?<a>[0-9', "pattern can't be used"],
    ['(?<a>x)(?<a>y)', "pattern can't be used"],
    ['T=([0-9]+)', 'no named group'],
    ['(?<=T=)[0-9]+', 'no named group'],
  ])('such as %s is refused', (pattern, problem) => {
    expect(patternProblem(pattern)).toContain(problem);
  });
});
