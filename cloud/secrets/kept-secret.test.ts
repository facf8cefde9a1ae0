import { TashikaError } from '@tashika/shared/errors';
import { TestClock } from '@tashika/shared/time';
import { beforeEach, describe, expect, it } from 'vitest';
import { VaultFailure } from './failure.ts';
import { type Fetched, KeptSecret, type SecretOrigin } from './kept-secret.ts';

const HOUR = 3_600_000;

let clock: TestClock;
let logged: { level: string; message: string; fields: object }[];
/** What the origin does next; without any, it gives `u1`, `u2`, … */
let troubles: Error[];
let given: number;
let renewed: string[];

beforeEach(() => {
  clock = new TestClock();
  logged = [];
  troubles = [];
  given = 0;
  renewed = [];
});

const away = () => new VaultFailure('VAULT_UNREACHABLE', 'Vault does not answer.', { status: 0 });

function login(name: string, durationMs = HOUR, renewable = true): Fetched<string> {
  return { value: name, identity: name, known: { user: name }, news: { kind: 'granted', durationMs, renewable } };
}

function kept(origin: Partial<SecretOrigin<string>> = {}) {
  const note = (level: string) => (fields: object, message: string) => void logged.push({ level, fields, message });
  const logger = { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') };
  function next<T>(then: () => T): T {
    const trouble = troubles.shift();
    if (trouble) throw trouble;
    return then();
  }
  return KeptSecret.open<string>(
    {
      name: 'database',
      fetch: async () => next(() => login(`u${++given}`)),
      renew: async ({ value }) =>
        next(() => {
          renewed.push(value);
          return { durationMs: HOUR, renewable: true };
        }),
      ...origin,
    },
    { clock, logger, random: () => 0.5 },
  );
}

const messages = (level: string) => logged.filter((each) => each.level === level).map(({ message }) => message);

describe('a secret that is kept', () => {
  it('is renewed when it is due, and stays the same', async () => {
    const secret = await kept();
    await clock.advance(2 * HOUR);
    expect([secret.value, renewed, secret.state.renewals]).toEqual(['u1', ['u1', 'u1', 'u1'], 3]);
  });

  it('stays the last good one through an outage, and tells how old it is', async () => {
    const secret = await kept();
    troubles = Array.from({ length: 500 }, away);
    await clock.advance(2 * HOUR);
    expect(secret.value).toBe('u1');
    expect(secret.state).toMatchObject({ ageMs: 2 * HOUR, leftMs: -HOUR, trouble: { code: 'VAULT_UNREACHABLE' } });
    expect(messages('warn')).toEqual(['Vault gives a secret no longer; the last good one stays in use']); // once
    expect(messages('error')).toEqual([
      'a secret has run out, and Vault gives no other; it is used for as long as it works',
    ]);
    troubles = [];
    await clock.advance(60_000);
    expect(secret.value).toBe('u2');
    expect(secret.state).toMatchObject({ trouble: undefined, replacements: 1 });
    expect(messages('info')).toContain('Vault gives the secret again');
  });

  it('is replaced at once when Vault has forgotten its lease', async () => {
    const secret = await kept();
    troubles = [new TashikaError('VAULT_REFUSED', 'lease not found')];
    await clock.advance((HOUR * 2) / 3);
    expect([secret.value, secret.state.failures]).toEqual(['u2', 1]);
  });

  it('that is suspected is asked for anew, once however many suspect it', async () => {
    const secret = await kept();
    await clock.advance(60_000);
    for (let many = 0; many < 10; many++) secret.suspect();
    await clock.advance(1_000);
    secret.suspect();
    await clock.advance(1_000);
    expect([secret.value, given]).toEqual(['u2', 2]);
  });

  it('waits out a lease longer than a timer can', async () => {
    let waited = 0;
    const after = clock.after.bind(clock);
    clock.after = (delayMs, callback) => {
      waited = Math.max(waited, delayMs);
      return after(delayMs, callback);
    };
    const days = 24 * HOUR;
    await kept({ fetch: async () => login(`u${++given}`, 60 * days, false) });
    await clock.advance(39 * days);
    expect(given).toBe(1);
    await clock.advance(2 * days);
    expect(given).toBe(2);
    expect(waited).toBeLessThan(2 ** 31);
  });

  it('leaves no timer behind when it is stopped', async () => {
    const secret = await kept();
    await secret.stop();
    expect(clock.pending).toBe(0);
    await secret.replace();
    expect(given).toBe(1);
  });
});

describe('a new secret', () => {
  it('is handed over one after the other, the newest last', async () => {
    const secret = await kept();
    const adopted: string[] = [];
    let letGo: () => void = () => {};
    secret.into(async (value) => {
      await new Promise<void>((resolve) => {
        letGo = resolve;
      });
      adopted.push(value);
    });
    await secret.replace();
    await secret.replace();
    await secret.replace();
    expect(adopted).toEqual([]);
    for (let turn = 0; turn < 3; turn++) {
      letGo();
      await clock.advance(0);
    }
    expect(adopted).toEqual(['u2', 'u4']); // u3 was old before it was its turn
  });

  it('that does not work leaves the one before in use, is told, and is tried again', async () => {
    const secret = await kept();
    const tried: string[] = [];
    let works = false;
    secret.into(async (value) => {
      tried.push(value);
      if (!works) throw new TashikaError('EVENT_HUBS_UNAUTHORIZED', 'the key is refused');
    });
    await secret.replace();
    await clock.advance(5_000);
    expect(tried.length).toBeGreaterThan(2);
    expect(new Set(tried)).toEqual(new Set(['u2']));
    expect(secret.state.refusal).toMatchObject({ code: 'EVENT_HUBS_UNAUTHORIZED', since: clock.now() - 5_000 });
    expect(messages('warn')).toEqual([
      'a new secret does not work; the one before stays in use for as long as it works',
    ]);
    works = true;
    await clock.advance(60_000);
    expect(secret.state).toMatchObject({ refusal: undefined, refusals: tried.length - 1 });
    expect(messages('info')).toContain('a new secret is in use');
  });

  it('that does not work is forgotten when the one in use is the newest again', async () => {
    const values = ['old', 'wrong', 'old'];
    const seen = (name: string): Fetched<string> => ({ ...login(name), news: { kind: 'seen', everyMs: 10_000 } });
    const secret = await kept({ fetch: async () => seen(values.shift() ?? 'old') });
    secret.into(async () => {
      throw new TashikaError('EVENT_HUBS_UNAUTHORIZED', 'the key is refused');
    });
    await clock.advance(10_000);
    expect(secret.state.refusal).toBeDefined();
    await clock.advance(10_000);
    expect(secret.state.refusal).toBeUndefined();
    const { refusals } = secret.state;
    await clock.advance(60_000);
    expect(secret.state.refusals).toBe(refusals);
  });

  it('is never told of by its value', async () => {
    const secret = await kept({
      fetch: async () => ({ ...login(`u${++given}`), value: `password-${given}`, identity: `password-${given}` }),
    });
    secret.into(async () => {
      throw new Error('no');
    });
    await secret.replace();
    expect(JSON.stringify([logged, secret.state])).not.toContain('password');
  });
});
