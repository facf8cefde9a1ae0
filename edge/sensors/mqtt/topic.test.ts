import { describe, expect, it } from 'vitest';
import { seededRandom } from '../testing/random.ts';
import { filterProblem, matches, overlapping } from './topic.ts';

describe('a topic filter', () => {
  it.each([
    ['a/b', 'a/b', true],
    ['a/b', 'a/c', false],
    ['a/+', 'a/b', true],
    ['a/+', 'a', false],
    ['a/+', 'a/b/c', false],
    ['a/+', 'a/', true],
    ['a/#', 'a', true],
    ['a/#', 'a/b/c', true],
    ['#', 'a/b', true],
    ['+/+', '/a', true],
    ['#', '$SYS/load', false],
    ['+/load', '$SYS/load', false],
    ['$SYS/#', '$SYS/load', true],
  ])('%s against %s: %s', (filter, topic, expected) => {
    expect(matches(filter, topic)).toBe(expected);
  });

  it.each([
    ['', 'it is empty'],
    ['a/#/b', '# stands at the end only'],
    ['#/a', '# stands at the end only'],
    ['a#/b', '# stands at the end only'],
    ['a/b#', '# stands alone behind a /'],
    ['##', '# stands alone behind a /'],
    ['a+/b', '+ stands alone between two /'],
    ['a/+b', '+ stands alone between two /'],
    ['++', '+ stands alone between two /'],
    ['a/\0', 'it has a null character'],
    ['ア'.repeat(21_846), 'it is longer than 65535 bytes'],
  ])('%j is none', (filter, problem) => {
    expect(filterProblem(filter)).toBe(problem);
  });

  it.each(['a', '/', '//', 'a b/c', '#', '+', '+/#', '/+/', 'a/+/b/#', '$SYS/#', 'tele/温度'])(
    '%j is one',
    (filter) => {
      expect(filterProblem(filter)).toBeUndefined();
    },
  );

  it('overlaps another whenever one topic matches both', () => {
    const random = seededRandom(311);
    const words = ['a', 'b', '+'];
    const filter = () => {
      const levels = Array.from({ length: 1 + Math.floor(random() * 3) }, () => words[Math.floor(random() * 3)]!);
      return (random() < 0.3 ? [...levels.slice(1), '#'] : levels).join('/');
    };
    const topics: string[] = [];
    const grow = (prefix: string[], depth: number) => {
      if (prefix.length > 0) topics.push(prefix.join('/'));
      if (depth > 0) for (const word of ['a', 'b', 'c']) grow([...prefix, word], depth - 1);
    };
    grow([], 4);
    for (let round = 0; round < 2_000; round++) {
      const [one, other] = [filter(), filter()];
      const both = topics.some((topic) => matches(one, topic) && matches(other, topic));
      expect([one, other, overlapping(one, other)]).toEqual([one, other, both]);
    }
  });
});
