import { TestClock } from '@tashika/shared/time';
import { describe, expect, it, vi } from 'vitest';
import { HubIdentity } from './hub-identity.ts';
import type { IdentityAnswer, IdentityQuestion } from './identity-endpoint.ts';

const HOUR_MS = 3_600_000;
const SDK_MARGIN_MS = 120_000;
const AWAY: IdentityAnswer = { kind: 'unavailable', place: 'The endpoint', reason: 'does not answer: ECONNREFUSED' };
const REFUSED: IdentityAnswer = { kind: 'refused', place: 'The endpoint', status: 400, reason: 'Identity not found' };

/** An identity whose endpoint gives tokens that last as long as `lifeMs` says, or answers as it is told. */
function scene({
  lifeMs = 24 * HOUR_MS,
  clientId,
  random = 0,
}: {
  lifeMs?: number;
  clientId?: string;
  random?: number;
} = {}) {
  const clock = new TestClock();
  const asked: IdentityQuestion[] = [];
  const told = { answer: undefined as IdentityAnswer | undefined };
  const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const identity = new HubIdentity({ clientId, env: {}, clock, logger, random: () => random }, async (question) => {
    asked.push(question);
    const given: IdentityAnswer = { kind: 'token', token: `token-${asked.length}`, expiresAt: clock.now() + lifeMs };
    return told.answer ?? given;
  });
  const token = async () => (await identity.getToken()).token;
  return { clock, asked, told, logger, identity, token };
}

describe('the identity of a worker', () => {
  it('asks for the audience of Event Hubs, once for all who want a token', async () => {
    const { identity, asked } = scene({ clientId: 'client-1' });
    const tokens = await Promise.all([identity.getToken(), identity.getToken(), identity.getToken()]);
    expect(new Set(tokens.map(({ token }) => token))).toEqual(new Set(['token-1']));
    expect(asked).toEqual([{ resource: 'https://eventhubs.azure.net', clientId: 'client-1' }]);
  });

  it('keeps a token for half of its life, a tenth of that less by chance', async () => {
    for (const [random, afterMs] of [
      [0, 12 * HOUR_MS],
      [0.999_999, 10.8 * HOUR_MS],
    ] as const) {
      const { clock, token } = scene({ random });
      await token();
      await clock.advance(afterMs - 1000);
      expect(await token()).toBe('token-1');
      await clock.advance(2000);
      expect(await token()).toBe('token-2');
    }
  });

  it('asks at half of the rest again where Azure answers with the same token', async () => {
    const { clock, told, asked, token } = scene();
    told.answer = { kind: 'token', token: 'same', expiresAt: clock.now() + 8 * HOUR_MS };
    await token();
    await clock.advance(7 * HOUR_MS + 1000);
    expect(asked).toHaveLength(4); // at 0, 4, 6 and 7 hours
  });

  it.each([30_000, 600_000, HOUR_MS, 24 * HOUR_MS])(
    'has the SDK come again so often that no link outlives its token of %d ms',
    async (lifeMs) => {
      const { clock, identity } = scene({ lifeMs });
      const opened = await identity.getToken();
      // The SDK's interval is fixed by the first answer; two minutes less than what it was told.
      const everyMs = opened.expiresOnTimestamp - clock.now() - SDK_MARGIN_MS;
      expect(everyMs).toBeGreaterThanOrEqual(1000);
      let put = { token: opened.token, endsAt: clock.now() + lifeMs };
      const ends = new Map([[put.token, put.endsAt]]);
      for (let i = 0; i < 400; i++) {
        await clock.advance(everyMs);
        expect(put.endsAt).toBeGreaterThan(clock.now());
        const { token } = await identity.getToken();
        if (!ends.has(token)) ends.set(token, clock.now() - everyMs + lifeMs); // at least: it came since the last time
        put = { token, endsAt: ends.get(token)! };
      }
    },
  );

  it('survives that the endpoint is away at renewal, tells it once, and has the next token soon after', async () => {
    const { clock, told, logger, token } = scene({ lifeMs: HOUR_MS });
    await token();
    told.answer = AWAY;
    await clock.advance(50 * 60_000);
    expect(await token()).toBe('token-1');
    expect(logger.warn).toHaveBeenCalledOnce();
    expect(logger.warn.mock.calls[0]![0]).toMatchObject({
      code: 'EVENT_HUBS_UNREACHABLE',
      goodUntil: expect.any(Date),
    });
    told.answer = undefined;
    await clock.advance(30_000);
    expect(await token()).not.toBe('token-1');
    expect(logger.info).toHaveBeenCalledOnce();
    expect(JSON.stringify([logger.warn.mock.calls, logger.info.mock.calls])).not.toContain('token-');
  });

  it('is without a token once the last one has ended, and leaves the endpoint alone between its tries', async () => {
    const { clock, told, asked, identity } = scene({ lifeMs: HOUR_MS });
    await identity.getToken();
    told.answer = AWAY;
    await clock.advance(HOUR_MS + 1);
    const before = asked.length;
    for (let i = 0; i < 100; i++)
      await expect(identity.getToken()).rejects.toMatchObject({ code: 'EVENT_HUBS_UNREACHABLE' });
    expect(asked).toHaveLength(before);
    await clock.advance(10 * 60_000);
    expect(asked.length - before).toBeGreaterThanOrEqual(20); // at most half a minute apart
    expect(asked.length - before).toBeLessThanOrEqual(41); // at least a quarter
  });

  it.each([
    [
      undefined,
      /no token for the system-assigned managed identity.*Identity not found.*name a user-assigned one by eventHubs\.azureClientId/,
    ],
    ['client-1', /no token for the managed identity with client id client-1.*correct eventHubs\.azureClientId/],
  ])('says that no identity %s is assigned, and what to do', async (clientId, sentence) => {
    const { told, identity } = scene({ ...(clientId !== undefined && { clientId }) });
    told.answer = REFUSED;
    await expect(identity.getToken()).rejects.toMatchObject({
      code: 'EVENT_HUBS_UNAUTHORIZED',
      message: expect.stringMatching(sentence),
    });
  });

  it('says that it works in Azure only where the environment does not tell of an endpoint', async () => {
    const { told, identity } = scene();
    told.answer = AWAY;
    await expect(identity.getToken()).rejects.toThrow(
      /IDENTITY_ENDPOINT and IDENTITY_HEADER are not both set.*in Azure only/,
    );
  });

  it('does not take a token that has ended, or does not tell its end', async () => {
    const { clock, told, identity } = scene();
    told.answer = { kind: 'token', token: 'old', expiresAt: clock.now() };
    await expect(identity.getToken()).rejects.toThrow(/has ended, or without its end/);
  });

  it('asks no more once it is stopped', async () => {
    const { clock, asked, identity } = scene();
    await identity.getToken();
    identity.stop();
    expect(clock.pending).toBe(0);
    await clock.advance(24 * HOUR_MS);
    expect(asked).toHaveLength(1);
    await expect(identity.getToken()).rejects.toThrow();
  });
});
