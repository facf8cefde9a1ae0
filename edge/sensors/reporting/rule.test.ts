import { resolveRegion } from '@tashika/shared/regions';
import { describe, expect, it } from 'vitest';
import type { Measurement } from '../port.ts';
import { sensorsConfiguration } from '../testing/configuration.ts';
import { seededRandom } from '../testing/random.ts';
import { matchesPattern } from './pattern.ts';
import { dueAt, dueReport, type Known, marked, reportsNow, ruleOf } from './rule.ts';
import type { ReportingRule } from './settings.ts';

function rule(settings: Partial<ReportingRule>): ReportingRule {
  return sensorsConfiguration({ reporting: [{ name: '*', ...settings }] }).reporting[0]!;
}

function measured(value: Measurement['value'], more: Partial<Measurement> = {}): Measurement {
  return { sensor: 'x', value, ...more };
}

function known(value: Measurement['value'], more: Partial<Known> = {}): Known {
  return { reported: measured(value), reportedAt: 0, fresh: true, ...more };
}

describe('the name of a rule', () => {
  it.each([
    ['a/b', 'a/b', true],
    ['a/b', 'a/bc', false],
    ['a/*', 'a/b/c', true],
    ['*/temperature', 'farm/kitchen/temperature', true],
    ['*/temperature', 'farm/kitchen/temperature/raw', false],
    ['a*b*c', 'a-bb-c', true],
    ['a*b*c', 'a-c-b', false],
    ['*', '', true],
    ['a.c', 'abc', false],
  ])('%s holds for %s: %s', (pattern, name, expected) => {
    expect(matchesPattern(pattern, name)).toBe(expected);
  });

  it('means what the same regular expression means', () => {
    const random = seededRandom(7);
    const text = (letters: string, most: number) =>
      Array.from({ length: Math.floor(random() * most) }, () => letters[Math.floor(random() * letters.length)]).join(
        '',
      );
    for (let round = 0; round < 2_000; round++) {
      const [pattern, name] = [text('ab*', 7), text('ab', 9)];
      const expected = new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(name);
      expect([pattern, name, matchesPattern(pattern, name)]).toEqual([pattern, name, expected]);
    }
  });

  it('takes no time worth mentioning, however many stars it has', () => {
    expect(matchesPattern(`${'*a'.repeat(100)}b`, 'a'.repeat(255))).toBe(false);
  });

  it('decides by the first entry that matches, alone', () => {
    const rules = [rule({ name: 'a/*', deadband: 1 }), rule({ name: '*', priority: 'low' })];
    expect(ruleOf(rules, 'a/b')).toBe(rules[0]);
    expect(ruleOf(rules, 'b')).toBe(rules[1]);
    expect(ruleOf(rules.slice(0, 1), 'b')).toBeUndefined();
  });
});

describe('a measurement is marked', () => {
  it.each([
    [-40, undefined],
    [85, undefined],
    [85.1, true],
    [-40.1, true],
    ['hot', undefined],
    [true, undefined],
  ])('%s in the range -40 to 85 is suspect: %s', (value, suspect) => {
    expect(marked(rule({ range: [-40, 85] }), measured(value)).suspect).toBe(suspect);
  });

  it('with its priority, and keeps what the driver knew of it', () => {
    const taken = measured(5, { suspect: true, unit: 'Cel', at: { monotonicMs: 7 } });
    expect(marked(rule({ priority: 'high', range: [0, 10] }), taken)).toEqual({ ...taken, priority: 'high' });
    expect(marked(rule({}), taken)).toEqual(taken);
  });
});

describe('a measurement becomes a reading', () => {
  const AFTER = 1_000;
  it.each<[string, Partial<ReportingRule>, Known | undefined, Measurement, boolean]>([
    ['when it is the first', { minIntervalMs: 5_000, deadband: 9 }, undefined, measured(1), true],
    ['without a deadband, changed or not', {}, known(1), measured(1), true],
    ['not before the least interval is over', { minIntervalMs: 1_001 }, known(1), measured(99), false],
    ['when the least interval is over', { minIntervalMs: 1_000 }, known(1), measured(1), true],
    ['not within the deadband', { deadband: 0.5 }, known(20), measured(20.5), false],
    ['beyond the deadband', { deadband: 0.5 }, known(20), measured(20.6), true],
    ['beyond the deadband downwards', { deadband: 0.5 }, known(20), measured(19.4), true],
    ['not unchanged with a deadband of 0', { deadband: 0 }, known(20), measured(20), false],
    ['changed by anything with a deadband of 0', { deadband: 0 }, known(20), measured(20.001), true],
    ['not within a share of the last reading', { deadbandShare: 0.05 }, known(-200), measured(-190), false],
    ['beyond a share of the last reading', { deadbandShare: 0.05 }, known(-200), measured(-189), true],
    ['not beyond only one of two deadbands', { deadband: 1, deadbandShare: 0.05 }, known(2), measured(2.5), false],
    [
      'unchanged when the greatest interval is over',
      { deadband: 9, maxIntervalMs: 1_000 },
      known(1),
      measured(1),
      true,
    ],
    ['not unchanged before', { deadband: 9, maxIntervalMs: 1_001 }, known(1), measured(1), false],
    ['when text changes, at once', { minIntervalMs: 5_000, deadband: 9 }, known('ok'), measured('alarm'), true],
    ['when true becomes false, at once', { minIntervalMs: 5_000 }, known(true), measured(false), true],
    ['not when text stays, with a deadband', { deadband: 0 }, known('ok'), measured('ok'), false],
    ['when text stays, without one', {}, known('ok'), measured('ok'), true],
    [
      'when it turns suspect, at once',
      { minIntervalMs: 5_000, deadband: 9 },
      known(1),
      measured(1, { suspect: true }),
      true,
    ],
    ['when its unit changes', { deadband: 9 }, known(1), measured(1, { unit: 'Cel' }), true],
    [
      'when its device moves to another region',
      { deadband: 9 },
      known(1),
      measured(1, { region: resolveRegion('13')! }),
      true,
    ],
    ['when a number becomes text', { deadband: 9 }, known(1), measured('1'), true],
  ])('%s', (_name, settings, before, taken, expected) => {
    expect(reportsNow(rule(settings), before, taken, AFTER)).toBe(expected);
  });
});

describe('without a further measurement', () => {
  const held = measured(9, { at: { monotonicMs: 300 } });

  it('a change that was held back is due when the least interval is over, as it was taken', () => {
    expect(dueAt(rule({ minIntervalMs: 1_000 }), known(1, { held }))).toBe(1_000);
    expect(dueAt(rule({ minIntervalMs: 1_000, deadband: 20 }), known(1, { held }))).toBe(Number.POSITIVE_INFINITY);
    expect(dueReport(known(1, { held }), 1_000)).toBe(held);
  });

  it('the last value is due when the greatest interval is over', () => {
    const settings = rule({ minIntervalMs: 10, maxIntervalMs: 1_000, deadband: 20 });
    expect(dueAt(settings, known(1, { held }))).toBe(1_000);
    expect(dueReport(known(1, { held }), 1_000)).toBe(held);
    expect(dueReport(known(1), 1_000)).toEqual(measured(1, { at: { monotonicMs: 1_000 } }));
  });

  it('nothing is due of a source that has not measured it since it failed', () => {
    expect(dueAt(rule({ maxIntervalMs: 1_000 }), known(1, { fresh: false }))).toBe(Number.POSITIVE_INFINITY);
  });
});

it.each([
  [
    'intervals that contradict each other',
    { minIntervalMs: 2_000, maxIntervalMs: 1_000 },
    'minIntervalMs must not exceed',
  ],
  ['a range upside down', { range: [85, -40] }, '[lowest, highest]'],
  ['half a range', { range: [85] }, 'sensors.reporting[0].range'],
])('the configuration refuses %s', async (_name, settings, problem) => {
  const { sensorProblems } = await import('../config.ts');
  const refusal = (): string => {
    try {
      return sensorProblems(sensorsConfiguration({ reporting: [{ name: '*', ...settings }] })).join('\n');
    } catch (error) {
      return (error as Error).message;
    }
  };
  expect(refusal()).toContain(problem);
});
