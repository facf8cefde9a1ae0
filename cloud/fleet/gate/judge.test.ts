import { describe, expect, it } from 'vitest';
import { judge } from './judge.ts';
import { BLANK, compact, stateOf } from './state.ts';
import { SampleRounds, SETTINGS, type Trouble } from './testing/sample-rounds.ts';

const canary = Array.from({ length: 10 }, (_, number) => number);
const none: Trouble = () => undefined;
const after =
  (trouble: Trouble): Trouble =>
  (device, about) =>
    about.updated ? trouble(device, about) : undefined;

describe('the gate', () => {
  it('calls an image good whose devices go on being counted', () => {
    const rounds = new SampleRounds(canary, none);
    rounds.watch(24);
    expect(rounds.said.at(0)?.verdict).toEqual({ verdict: 'watching' });
    expect(rounds.said.slice(5).every(({ verdict }) => verdict.verdict === 'good')).toBe(true);
    for (const { evidence, threshold } of rounds.judged.signals) expect(evidence).toBeLessThan(threshold / 10);
  });

  it.each<[string, Trouble, number]>([
    ['rate', ({ readings }) => ({ readings: Math.round(readings * 0.8) }), 12],
    ['completeness', ({ readings }) => ({ readings: readings - 12, gone: 12 }), 3],
    ['clock', () => ({ clock: 'uncertain' }), 3],
    ['clock', () => ({ deadLetters: 1 }), 3],
    ['spool', ({ readings }, { hours }) => ({ readings: readings - 25, held: Math.round(hours * 150) }), 3],
    ['version', () => ({ agentVersion: '1.4.0' }), 3],
    ['restarts', (_, { chance }) => ({ starts: chance.happens(0.1) ? 1 : 0 }), 12],
    ['silence', (_, { hours }) => (hours > 6 ? { posts: 0 } : undefined), 8],
  ])('sees by %s what is wrong, names its devices, and says since when', (signal, trouble, hours) => {
    const rounds = new SampleRounds(canary, after(trouble));
    const { verdict } = rounds.watch(hours);
    expect(verdict).toMatchObject({ verdict: 'bad', signal });
    const named = verdict.verdict === 'bad' ? verdict.devices : [];
    expect(named.length).toBeGreaterThan(2);
    expect(named.filter((id) => !canary.includes(Number(id.slice(1))))).toEqual([]);
    expect(rounds.signal(signal).since).toBeLessThanOrEqual(rounds.now);
    expect(rounds.signal(signal).since).toBeGreaterThan(rounds.now - hours * 3_600_000);
  });

  it('does not blame the image for a fall that all share, nor lets one hide it', () => {
    const half: Trouble = ({ readings }, { hours }) => (hours > 0 ? { readings: Math.round(readings / 2) } : undefined);
    const shared = new SampleRounds(canary, half);
    shared.watch(24);
    expect(shared.signal('rate').evidence).toBeLessThan(1);
    const hidden = new SampleRounds(canary, (device, about) => {
      const readings = device.readings * (about.hours > 0 ? 2 : 1) * (about.updated ? 0.8 : 1);
      return { readings: Math.round(readings) };
    });
    expect(hidden.watch(12).verdict).toMatchObject({ verdict: 'bad', signal: 'rate' });
  });

  it('counts what a spool sends later for the time in which it was taken', () => {
    const rounds = new SampleRounds(canary, (device, { updated, hours }) => {
      const phase = Math.floor(hours * 6) % 6;
      if (!updated || hours < 1) return undefined;
      return phase < 2 ? { posts: 0 } : phase === 2 ? { readings: 3 * device.readings } : undefined;
    });
    rounds.watch(24);
    expect(rounds.signal('rate').evidence).toBeLessThan(1);
  });

  it.each([
    ['five times in a round', 0, 30, 45],
    ['once in a round', 1, 30, 45],
    ['every half hour', 3, 30, 45],
    ['every two hours', 12, 15, 45],
  ])(
    'judges nothing in a region whose neighbours, which post %s, are silent too, and goes on by itself',
    (_, every, least, most) => {
      const rounds = new SampleRounds(canary, ({ readings, region }, { number, hours, round }) => {
        if (region === '14' && hours > 3 && hours < 9) return { posts: 0 };
        if (every === 0) return undefined;
        return (round + number) % every === 0 ? { posts: 1, readings: every * readings } : { posts: 0 };
      });
      rounds.watch(24);
      const unjudgeable = rounds.said.filter(({ verdict }) => verdict.verdict === 'unjudgeable');
      expect(unjudgeable.length).toBeGreaterThan(least);
      expect(unjudgeable.length).toBeLessThan(most);
      for (const { verdict } of unjudgeable) expect(verdict).toMatchObject({ regions: ['14'] });
      expect(rounds.judged.verdict).toEqual({ verdict: 'good' });
      for (const { evidence } of rounds.judged.signals) expect(evidence).toBeLessThan(2);
    },
  );

  it('sees an image that keeps nothing while there is no link', () => {
    const away = (hours: number, number: number) => hours > 0 && (Math.floor(hours * 6) + 7 * number) % 36 < 6;
    const rounds = new SampleRounds(canary, (device, { number, updated, hours }) => {
      if (away(hours, number)) return { posts: 0 };
      return !updated && away(hours - 1 / 6, number) ? { readings: 7 * device.readings } : undefined;
    });
    expect(rounds.watch(12).verdict).toMatchObject({ verdict: 'bad', signal: 'completeness' });
  });

  it('does not blame the image where a cell fails under half of a region, whoever was updated', () => {
    const half = Array.from({ length: 60 }, (_, number) => number);
    const rounds = new SampleRounds(half, (_, { number, hours }) =>
      number % 9 === 1 && hours > 3 && hours < 6 ? { posts: 0 } : undefined,
    );
    rounds.watch(10);
    expect(rounds.judged.verdict.verdict).toBe('good');
    expect(rounds.signal('silence').evidence).toBeLessThan(10);
  });

  it('sees an image that fails on the boards of one region alone, and says so', () => {
    const most = Array.from({ length: 60 }, (_, number) => number);
    const rounds = new SampleRounds(
      most,
      after(({ region, board, readings }) =>
        region === '27' && board === 'rpi5' ? { readings: Math.round(readings * 0.3) } : undefined,
      ),
    );
    const { verdict } = rounds.watch(24);
    expect(verdict).toMatchObject({ verdict: 'bad', signal: 'rate' });
    expect(verdict.verdict === 'bad' && verdict.reason).toContain('region 27, board rpi5');
  });

  it('fails a wave at the end of its soak of which too many are silent, though it has no neighbours', () => {
    const all = Array.from({ length: 120 }, (_, number) => number);
    const rounds = new SampleRounds(all, (_, { number, hours }) =>
      number < 30 && hours > 6 ? { posts: 0 } : undefined,
    );
    const { verdict } = rounds.watch(13);
    expect(verdict).toMatchObject({ verdict: 'bad', signal: 'silence' });
    expect(verdict.verdict === 'bad' && verdict.reason).toBe(
      '30 of 120 devices are silent at the end of their soak; 90 are heard.',
    );
    expect(rounds.said.length).toBe(72);
  });

  it('lets nothing that one device does halt a rollout', () => {
    const rounds = new SampleRounds(canary, (_, { number, hours }) =>
      number === 3 && hours > 0
        ? { readings: 0, clock: 'uncertain', gone: 30, starts: 1, held: Math.round(hours * 100), deadLetters: 2 }
        : undefined,
    );
    rounds.watch(24);
    expect(rounds.said.some(({ verdict }) => verdict.verdict === 'bad')).toBe(false);
  });

  it('lets nothing that two loose plugs among ten devices do within a day halt a rollout', () => {
    const rounds = new SampleRounds(canary, (_, { number, hours }) =>
      (number === canary[3] || number === canary[7]) && hours > 0 ? { starts: 1 } : undefined,
    );
    rounds.watch(24);
    expect(rounds.said.some(({ verdict }) => verdict.verdict === 'bad')).toBe(false);
  });

  it('counts a round that follows on one left out for the longer time', () => {
    const rounds = new SampleRounds(canary, none);
    let { state } = rounds.judged;
    for (let round = 0; round < 40; round++) {
      const judged = judge(state, rounds.next(3), SETTINGS);
      ({ state } = judged);
      for (const { evidence } of judged.signals) expect(evidence).toBeLessThan(5);
    }
    expect(state.columns.readings[0]! / state.columns.expected[0]!).toBeCloseTo(1, 1);
  });

  it('leaves the state that it was given as it was, and goes on from what was kept of it', () => {
    const rounds = new SampleRounds(canary, none);
    rounds.watch(3);
    const before = JSON.stringify(rounds.judged.state);
    const round = rounds.next();
    const direct = judge(rounds.judged.state, round, SETTINGS);
    expect(JSON.stringify(rounds.judged.state)).toBe(before);
    const kept = judge(stateOf(JSON.parse(JSON.stringify(compact(rounds.judged.state)))), round, SETTINGS);
    for (const [index, { evidence }] of direct.signals.entries())
      expect(kept.signals[index]!.evidence).toBeCloseTo(evidence, 2);
    expect(stateOf({})).toBe(BLANK);
  });
});
