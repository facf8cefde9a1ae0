import { describe, expect, it } from 'vitest';
import { decodePayload, isStream, newStream } from './index.ts';

const NOW = 1653891795421;
const POST = {
  v: 1,
  pref: '13',
  stream: 'q3Zb81xK0dE',
  seq: 1041,
  held: 12,
  lost: [[12, 40]],
  pack: [
    { bn: 'gpio/', bt: 1653891795.421, n: 'door', vb: true },
    { n: 'temp', u: 'Cel', v: 23.4, t: -3.2 },
  ],
};

describe('a payload', () => {
  it('of wire format v1 is decoded whole', () => {
    expect(decodePayload(POST, NOW)).toEqual({
      ok: true,
      value: {
        region: '13',
        stream: 'q3Zb81xK0dE',
        seq: 1041,
        held: 12,
        lost: [[12, 40]],
        clock: null,
        readings: [
          { name: 'gpio/door', unit: '', value: true, time: 1653891795421 },
          { name: 'gpio/temp', unit: 'Cel', value: 23.4, time: 1653891792221 },
        ],
      },
    });
  });

  it.each(['13', 13, 'JP-13', '東京都', '東京', 'Tokyo'])(
    'of the source talk, {"pref": %j}, is one reading of its region now',
    (pref) => {
      expect(decodePayload({ pref }, NOW)).toEqual({
        ok: true,
        value: {
          region: '13',
          stream: null,
          seq: 0,
          held: null,
          lost: [],
          clock: null,
          readings: [{ name: '', unit: '', value: null, time: NOW }],
        },
      });
    },
  );

  it('may leave out held and lost, and may say more than v1 knows', () => {
    const { held: _held, lost: _lost, ...rest } = POST;
    expect(decodePayload({ ...rest, clock: 'relative', firmware: '9' }, NOW)).toMatchObject({
      ok: true,
      value: { held: null, lost: [], clock: 'relative' },
    });
  });

  it('with an empty pack carries news of the spool and no reading', () => {
    expect(decodePayload({ ...POST, pack: [] }, NOW)).toMatchObject({
      ok: true,
      value: { readings: [], lost: [[12, 40]] },
    });
  });

  it('tells at most 1,000 lost ranges', () => {
    const lost = Array.from({ length: 1_001 }, (_, n) => [2 * n + 1, 2 * n + 1]);
    expect(decodePayload({ ...POST, lost: lost.slice(1) }, NOW)).toMatchObject({ ok: true });
    expect(decodePayload({ ...POST, lost }, NOW)).toEqual({
      ok: false,
      reason: 'invalid-lost',
      detail: 'lost must be at most 1000 ranges a post, found 1001.',
    });
  });

  it('nested however deep is refused for what is wrong with it', () => {
    const pref: unknown = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
    const result = decodePayload({ pref }, NOW);
    expect(result).toMatchObject({ ok: false, reason: 'unknown-region' });
    expect(result.ok || result.detail).toMatch(/found a list nested too deep to show\.$/);
  });

  it.each([
    ['text', 'not-an-object'],
    [null, 'not-an-object'],
    [[POST], 'not-an-object'],
    [{}, 'unknown-region'],
    [{ pref: 'Gondor' }, 'unknown-region'],
    [{ ...POST, v: 2 }, 'unsupported-version'],
    [{ ...POST, v: '1' }, 'unsupported-version'],
    [{ ...POST, pref: '99' }, 'unknown-region'],
    [{ ...POST, stream: undefined }, 'invalid-stream'],
    [{ ...POST, stream: '' }, 'invalid-stream'],
    [{ ...POST, stream: 'a b' }, 'invalid-stream'],
    [{ ...POST, seq: 0 }, 'invalid-sequence'],
    [{ ...POST, seq: -4 }, 'invalid-sequence'],
    [{ ...POST, seq: 1.5 }, 'invalid-sequence'],
    [{ ...POST, seq: '1' }, 'invalid-sequence'],
    [{ ...POST, seq: 2 ** 53 }, 'invalid-sequence'],
    [{ ...POST, seq: 2 ** 53 - 1 }, 'invalid-sequence'],
    [{ ...POST, held: -1 }, 'invalid-held'],
    [{ ...POST, lost: [[40, 12]] }, 'invalid-lost'],
    [{ ...POST, lost: [[0, 12]] }, 'invalid-lost'],
    [{ ...POST, lost: [[1]] }, 'invalid-lost'],
    [{ ...POST, lost: {} }, 'invalid-lost'],
    [{ ...POST, pack: undefined }, 'invalid-pack'],
    [JSON.parse('{"v":1,"pref":"13","stream":"a","seq":1,"pack":[{"n":"a","v":-1e400}]}'), 'invalid-value'],
  ])('%j is refused as %s', (payload, reason) => {
    const result = decodePayload(payload, NOW);
    expect(result).toMatchObject({ ok: false, reason });
    expect(result.ok || result.detail).toMatch(/\.$/);
  });
});

describe('a stream', () => {
  it('is 64 random bits as base64url', () => {
    const stream = newStream();
    expect(stream).toMatch(/^[A-Za-z0-9_-]{11}$/);
    expect(isStream(stream)).toBe(true);
    expect(newStream()).not.toBe(stream);
  });
});
