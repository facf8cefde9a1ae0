import { fingerprintOf } from '@tashika/shared/fingerprint';
import { TestClock } from '@tashika/shared/time';
import { describe, expect, it } from 'vitest';
import { doubtsAboutListening, doubtsAboutSending, type SendingSeen, sendingWitness } from './index.ts';

const CHANGED = Date.UTC(2026, 0, 31, 12);
const SETTLE_MS = 300_000;
const LATER = CHANGED + SETTLE_MS + 1;

const seen = (differences: Partial<SendingSeen> = {}): SendingSeen => ({
  refusal: undefined,
  newestEvent: LATER,
  updatedAt: CHANGED,
  lastUsedAt: LATER,
  failures: 0,
  failure: undefined,
  ...differences,
});

describe('that Funnel sends with a key', () => {
  it('is known once SORACOM has used it and events have come, some time after the change, and nothing failed', () => {
    expect(doubtsAboutSending(seen(), SETTLE_MS)).toEqual([]);
  });

  it.each([
    ['Event Hubs refuses the key', { refusal: 'InvalidSignature' }, /lets no sender in with the key: InvalidSignature/],
    ['a delivery failed', { failures: 2, failure: '{"message":"401"}' }, /2 failed deliveries .*401/],
    ['SORACOM has not used it', { lastUsedAt: undefined }, /not used its credential later than 2026-01-31T12:05/],
    ['SORACOM may have used it with the former key', { lastUsedAt: LATER - 1 }, /not used its credential/],
    ['no event has come at all', { newestEvent: undefined }, /No event has come/],
    ['the newest event may have come by the former key', { newestEvent: LATER - 1 }, /No event has come/],
  ] as const)('is doubted while %s', (_, difference, sentence) => {
    expect(doubtsAboutSending(seen(difference), SETTLE_MS)).toEqual([expect.stringMatching(sentence)]);
  });

  it('is asked of the hub with that key, and of SORACOM since the change, or lately where that was long ago', async () => {
    const clock = new TestClock(CHANGED + 60_000);
    const asked: (string | number)[] = [];
    const witness = sendingWitness({
      probe: {
        asSender: async (connectionString) => {
          asked.push(connectionString);
          return { refusal: undefined, newestEvent: LATER };
        },
      },
      connectionStringOf: async (key) => `SharedAccessKey=${key}`,
      failuresSince: async (time) => {
        asked.push(time);
        return { failures: 0, failure: undefined };
      },
      settleMs: SETTLE_MS,
      clock,
    });
    const credential = { description: '', updatedAt: CHANGED, lastUsedAt: LATER, usedBy: ['group'] };
    expect(await witness.doubts('new', credential)).toEqual([]);
    await clock.advance(3_600_000);
    await witness.doubts('new', credential);
    expect(asked).toEqual(['SharedAccessKey=new', CHANGED, 'SharedAccessKey=new', clock.now() - SETTLE_MS]);
    expect(await witness.doubts('new', undefined)).toEqual(["SORACOM's credential is gone."]);
  });

  it('is doubted where somebody can’t be asked', async () => {
    const witness = sendingWitness({
      probe: { asSender: async () => Promise.reject(new Error('no way')) },
      connectionStringOf: async () => '',
      failuresSince: async () => ({ failures: 0, failure: undefined }),
      settleMs: 0,
      clock: new TestClock(),
    });
    expect(await witness.doubts('new', { description: '', updatedAt: 0, lastUsedAt: 1, usedBy: [] })).toEqual([
      'no way',
    ]);
  });
});

describe('that every worker reads with a key', () => {
  const key = fingerprintOf('new');
  const worker = (differences: object = {}) => ({ worker: 'w-1', hubKey: key, trouble: null, ...differences });
  const doubts = (workers: ReturnType<typeof worker>[]) =>
    doubtsAboutListening({ refusal: undefined, workers, unheard: undefined }, key);

  it('is known once each says so', () => {
    expect(doubts([worker(), worker({ worker: 'w-2' })])).toEqual([]);
  });

  it.each([
    ['there is none', [], /knows of no worker that runs/],
    ['one reads with another', [worker(), worker({ hubKey: 'sha256:0' })], /w-1 reads with sha256:0, not with sha256:/],
    ['one does not say', [worker({ hubKey: null })], /w-1 does not say which key/],
    [
      'one is refused',
      [worker({ trouble: { code: 'EVENT_HUBS_UNAUTHORIZED', message: 'no' } })],
      /is told EVENT_HUBS_UN/,
    ],
  ])('is doubted while %s', (_, workers, sentence) => {
    expect(doubts(workers)).toEqual([expect.stringMatching(sentence)]);
  });

  it('is doubted where the API does not tell, and where Event Hubs refuses the key', () => {
    expect(
      doubtsAboutListening({ refusal: 'InvalidSignature', workers: undefined, unheard: 'it is 404.' }, key),
    ).toEqual([
      'Event Hubs lets no reader in with the key: InvalidSignature',
      "The cloud's API does not tell of its workers: it is 404.",
    ]);
  });
});
