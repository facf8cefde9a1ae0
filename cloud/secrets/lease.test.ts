import { seededChance } from '@tashika/shared/chance';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs } from './backoff.ts';
import { type LeaseState, leaseAfter } from './lease.ts';

const HOUR = 3_600_000;
const granted = (durationMs: number, renewable = true, at = 0, random = 0.5) =>
  leaseAfter(undefined, { kind: 'granted', durationMs, renewable }, at, random);

describe('a lease', () => {
  it('is renewed at two thirds of its time, a little more or less by chance', () => {
    expect(granted(HOUR, true, 1_000).next).toEqual({ what: 'renew', at: 1_000 + (HOUR * 2) / 3 });
    const chance = seededChance(7);
    const dues = Array.from({ length: 200 }, () => granted(HOUR, true, 0, chance.next()).next!.at / HOUR);
    expect(Math.min(...dues)).toBeGreaterThan(0.61);
    expect(Math.max(...dues)).toBeLessThan(0.72);
    expect(Math.max(...dues) - Math.min(...dues)).toBeGreaterThan(0.08);
  });

  it('that can not be renewed is replaced then', () => {
    expect(granted(HOUR, false).next).toEqual({ what: 'replace', at: (HOUR * 2) / 3 });
  });

  it('that has no end needs nothing', () => {
    expect(granted(0)).toMatchObject({ endsAt: Number.POSITIVE_INFINITY, next: undefined });
  });

  it('whose renewal was cut short by its greatest age is replaced and not renewed once more', () => {
    const whole = leaseAfter(granted(HOUR), { kind: 'renewed', durationMs: HOUR, renewable: true }, HOUR / 2, 0.5);
    expect(whole.next).toEqual({ what: 'renew', at: HOUR / 2 + (HOUR * 2) / 3 });
    const cut = leaseAfter(whole, { kind: 'renewed', durationMs: HOUR / 2, renewable: true }, HOUR, 0.5);
    expect(cut).toMatchObject({ endsAt: 1.5 * HOUR, next: { what: 'replace' } });
    expect(cut.endsAt - cut.next!.at).toBeCloseTo(HOUR / 3, 3); // as much is left for it as for a renewal
    const spent = leaseAfter(whole, { kind: 'renewed', durationMs: HOUR / 4, renewable: true }, HOUR, 0.5);
    expect(spent.next).toEqual({ what: 'replace', at: HOUR });
  });

  it('whose renewal leaves it no whole second is replaced at once, and not taken to be good for ever', () => {
    const state = leaseAfter(granted(HOUR), { kind: 'renewed', durationMs: 0, renewable: true }, HOUR, 0.5);
    expect(state).toMatchObject({ endsAt: HOUR, next: { what: 'replace', at: HOUR } });
    const forEver = leaseAfter(granted(0), { kind: 'renewed', durationMs: 0, renewable: true }, HOUR, 0.5);
    expect(forEver.next).toBeUndefined();
  });

  it('is renewed again at growing distances while Vault is away, and replaced once it has run out', () => {
    let state = granted(10_000);
    const steps: string[] = [];
    for (let now = state.next!.at; steps.length < 8; now = state.next!.at) {
      state = leaseAfter(state, { kind: 'postponed' }, now, 0.999);
      steps.push(`${state.next!.what} ${Math.round((state.next!.at - now) / 500) / 2}`);
    }
    expect(steps).toEqual([
      'renew 0.5',
      'renew 1',
      'replace 2',
      'replace 4',
      'replace 8',
      'replace 16',
      'replace 30',
      'replace 30',
    ]);
    expect(state.failures).toBe(8);
    expect(leaseAfter(state, { kind: 'granted', durationMs: 10_000, renewable: true }, 99_000, 0.5).failures).toBe(0);
  });

  it('that Vault does not know is replaced at once, and what is refused then is not asked for at once again', () => {
    const gone = leaseAfter(granted(HOUR), { kind: 'refused' }, 5_000, 0.5);
    expect(gone.next).toEqual({ what: 'replace', at: 5_000 });
    const refused = leaseAfter(gone, { kind: 'refused' }, 5_000, 0);
    expect(refused.next).toEqual({ what: 'replace', at: 5_500 });
  });

  it('leaves Vault alone for as long as it asks to', () => {
    const busy = leaseAfter(granted(HOUR), { kind: 'postponed', askedMs: 20_000 }, 0, 0.5);
    expect(busy.next!.at).toBe(20_000);
    const forDays = leaseAfter(granted(HOUR), { kind: 'postponed', askedMs: 1e9 }, 0, 0.5);
    expect(forDays.next!.at).toBe(120_000);
  });

  it('that is suspected is replaced soon, but not more often than every five seconds', () => {
    const state = granted(HOUR, true, 1_000);
    expect(leaseAfter(state, { kind: 'suspected' }, 2_000, 0.5).next).toEqual({ what: 'replace', at: 6_000 });
    expect(leaseAfter(state, { kind: 'suspected' }, 60_000, 0.5).next).toEqual({ what: 'replace', at: 60_000 });
  });

  it('that is suspected again and again while Vault is away is asked for no sooner for that', () => {
    const suspected = leaseAfter(granted(HOUR), { kind: 'suspected' }, 60_000, 0.5);
    const away = leaseAfter(suspected, { kind: 'postponed' }, 60_000, 0.5);
    expect(leaseAfter(away, { kind: 'suspected' }, 60_001, 0.5).next).toEqual(away.next);
  });

  it('that lost what it was given under is replaced at once', () => {
    expect(leaseAfter(granted(HOUR), { kind: 'orphaned' }, 1, 0.5).next).toEqual({ what: 'replace', at: 1 });
  });
});

describe('a secret without a lease', () => {
  it('is looked at at a rhythm, a tenth more or less, and never runs out', () => {
    const look = (random: number) => leaseAfter(undefined, { kind: 'seen', everyMs: 30_000 }, 0, random);
    expect([look(0).next!.at, look(0.5).next!.at, look(0.999).next!.at]).toEqual([27_000, 30_000, 32_994]);
    expect(look(0.5).endsAt).toBe(Number.POSITIVE_INFINITY);
    expect(leaseAfter(look(0.5), { kind: 'postponed' }, 30_000, 0).next).toEqual({ what: 'replace', at: 30_250 });
  });
});

it('whatever happens, what ends has a next step, never in the past and within two minutes of a failure', () => {
  const news = fc.oneof(
    fc.record({
      kind: fc.constantFrom('granted' as const, 'renewed' as const),
      durationMs: fc.integer({ min: 1, max: 40 * 24 * HOUR }),
      renewable: fc.boolean(),
    }),
    fc.record({ kind: fc.constant('postponed' as const), askedMs: fc.integer({ min: 0, max: 1e9 }) }),
    fc.record({ kind: fc.constantFrom('refused' as const, 'suspected' as const, 'orphaned' as const) }),
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(news, fc.double({ min: 0, max: 0.999, noNaN: true })), { maxLength: 30 }),
      (story) => {
        let state: LeaseState | undefined;
        let now = 0;
        for (const [each, random] of story) {
          state = leaseAfter(state, each, now, random);
          expect(state.next!.at).toBeGreaterThanOrEqual(now);
          const failed = each.kind === 'postponed' || each.kind === 'refused';
          if (failed) expect(state.next!.at - now).toBeLessThan(120_001);
          if (each.kind === 'granted' || each.kind === 'renewed') expect(state.next!.at).toBeLessThan(state.endsAt);
          now = state.next!.at;
        }
      },
    ),
    { seed: 11 },
  );
});

it('waits half a second at first, half a minute at most, and never as long as the others', () => {
  expect([1, 2, 3, 6, 7, 8, 400].map((failures) => backoffMs(failures, 0))).toEqual([
    250, 500, 1_000, 8_000, 15_000, 15_000, 15_000,
  ]);
  expect([1, 2, 3, 6, 7, 8, 400].map((failures) => Math.round(backoffMs(failures, 0.9999)))).toEqual([
    500, 1_000, 2_000, 15_999, 29_999, 29_999, 29_999,
  ]);
});
