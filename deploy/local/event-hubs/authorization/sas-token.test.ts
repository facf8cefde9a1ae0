import { describe, expect, it } from 'vitest';
import { KeyRing } from '../keys.ts';
import { sasToken } from '../rig.ts';
import { checkSasToken } from './sas-token.ts';

const NOW = Date.UTC(2026, 0, 1);
const KEYS = { send: 'c2VuZA==', listen: 'bGlzdGVu', manage: 'bWFuYWdl' };
const AUDIENCE = 'sb://127.0.0.1:5672/telemetry/ConsumerGroups/$Default/Partitions/0';

const token = (overrides: Partial<Parameters<typeof sasToken>[0]> = {}) =>
  sasToken({
    resource: 'sb://127.0.0.1:5672/telemetry',
    policy: 'listen',
    key: KEYS.listen,
    expiresAt: NOW + 1000,
    ...overrides,
  });
const check = (text: string, audience = AUDIENCE, keys = new KeyRing(KEYS)) => checkSasToken(text, audience, keys, NOW);

describe('a shared access signature', () => {
  it('grants what its policy may do, until it expires', () => {
    expect(check(token())).toMatchObject({ claims: ['Listen'], expiresAt: NOW + 1000 });
    expect(check(token({ policy: 'manage', key: KEYS.manage }))).toMatchObject({
      claims: ['Manage', 'Send', 'Listen'],
    });
  });

  it('is good when it is made with either of its policy’s keys', () => {
    const keys = new KeyRing({ ...KEYS, listen: { primary: KEYS.listen, secondary: 'c2Vjb25k' } });
    for (const key of [KEYS.listen, 'c2Vjb25k']) {
      expect(check(token({ key }), AUDIENCE, keys)).toMatchObject({ claims: ['Listen'] });
    }
  });

  it('is refused once its key has been regenerated, while the other key’s stays good', async () => {
    const keys = new KeyRing({ ...KEYS, listen: { primary: KEYS.listen, secondary: 'c2Vjb25k' } });
    await keys.regenerate('listen', 'primary', NOW);
    expect(check(token(), AUDIENCE, keys)).toEqual({ refused: expect.stringContaining('InvalidSignature') });
    expect(check(token({ key: 'c2Vjb25k' }), AUDIENCE, keys)).toMatchObject({ claims: ['Listen'] });
    expect(check(token({ key: keys.keyOf('listen') }), AUDIENCE, keys)).toMatchObject({ claims: ['Listen'] });
  });

  it('is checked against what another implementation signs', () => {
    // printf 'sb%%3A%%2F%%2F127.0.0.1%%3A5672%%2Ftelemetry\n1767225601' | openssl dgst -sha256 -hmac bGlzdGVu -binary | base64
    const signature = encodeURIComponent('o+ySJGux98yp37D7So8lag1IXGqKVKFIigSNN1aC3mM=');
    const resource = 'sb%3A%2F%2F127.0.0.1%3A5672%2Ftelemetry';
    const text = `SharedAccessSignature sr=${resource}&sig=${signature}&se=1767225601&skn=listen`;
    expect(check(text)).toMatchObject({ claims: ['Listen'], expiresAt: NOW + 1000 });
  });

  it('counts for all that lies within its resource, and nothing beside it', () => {
    const refused = { refused: expect.stringContaining('InvalidAudience') };
    expect(check(token({ resource: 'sb://127.0.0.1:5672/' }))).toMatchObject({ claims: ['Listen'] });
    expect(check(token({ resource: 'amqps://127.0.0.1/TELEMETRY/' }))).toMatchObject({ claims: ['Listen'] });
    expect(check(token({ resource: AUDIENCE }))).toMatchObject({ claims: ['Listen'] });
    expect(check(token({ resource: 'sb://127.0.0.1:5672/tele' }))).toEqual(refused);
    expect(check(token({ resource: 'sb://127.0.0.1:5672/telemetry/Partitions/0' }))).toEqual(refused);
    expect(check(token({ resource: 'sb://elsewhere.servicebus.windows.net/telemetry' }))).toEqual(refused);
  });

  it('is refused when anything in it was changed', () => {
    const refused = { refused: expect.stringContaining('InvalidSignature') };
    expect(check(token({ key: KEYS.send }))).toEqual(refused);
    expect(check(token({ policy: 'manage' }))).toEqual(refused);
    expect(check(token({ policy: 'toString' }))).toEqual(refused);
    expect(check(token().replace(/se=\d+/, 'se=9999999999'))).toEqual(refused);
    expect(check(token().replace('telemetry', 'alarms'))).toEqual(refused);
    expect(check(token().replace(/sig=[^&]+/, 'sig='))).toEqual({ refused: expect.stringContaining('MalformedToken') });
    expect(check(token().replace(/sig=[^&]+/, 'sig=%'))).toEqual(refused);
  });

  it('is refused once it has expired, or when its time is none', () => {
    const refused = { refused: expect.stringContaining('ExpiredToken') };
    expect(check(token({ expiresAt: NOW }))).toEqual(refused);
    expect(check(token({ expiresAt: Number.NaN }))).toEqual(refused);
  });

  it('is refused when it is something else', () => {
    for (const text of ['', 'Bearer abc', 'SharedAccessSignature ', 'SharedAccessSignature sr=a&se=b']) {
      expect(check(text)).toEqual({ refused: expect.stringContaining('MalformedToken') });
    }
  });
});
