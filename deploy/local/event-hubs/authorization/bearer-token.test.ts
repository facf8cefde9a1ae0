import { generateKeyPairSync, sign } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../rig.ts';
import { checkBearerToken, type Identities, readIdentities } from './bearer-token.ts';

const NOW = Date.UTC(2026, 0, 1);
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const OTHERS = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PEM = publicKey.export({ type: 'spki', format: 'pem' }).toString();
const IDENTITIES: Identities = { publicKey, roles: new Map([['receiver', ['Listen']]]) };
const CLAIMS = { aud: 'https://eventhubs.azure.net', exp: NOW / 1000 + 60, oid: 'receiver' };

function token(payload: object = {}, { header = { alg: 'RS256' }, key = privateKey } = {}): string {
  const text = [header, { ...CLAIMS, ...payload }]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${text}.${sign('RSA-SHA256', Buffer.from(text), key).toString('base64url')}`;
}

const check = (text: string) => checkBearerToken(text, IDENTITIES, NOW);
const refusedWith = (code: string) => ({ refused: expect.stringContaining(code) });

describe('a bearer token', () => {
  it('grants what the roles of its identity allow, until it ends', () => {
    expect(check(token())).toMatchObject({ claims: ['Listen'], expiresAt: NOW + 60_000 });
    expect(check(token({ aud: 'https://eventhubs.azure.net/' }))).toMatchObject({ claims: ['Listen'] });
    expect(check(token({ oid: 'stranger' }))).toMatchObject({ claims: [] });
    expect(check(token({ oid: undefined }))).toMatchObject({ claims: [] });
  });

  it.each([
    ['another key', token({}, { key: OTHERS.privateKey }), 'InvalidSignature'],
    [
      'something changed in it',
      token().replace(/\.[^.]+\./, `.${Buffer.from('{}').toString('base64url')}.`),
      'InvalidSignature',
    ],
    ['no signature', token().replace(/[^.]+$/, ''), 'MalformedToken'],
    ['another algorithm', token({}, { header: { alg: 'none' } }), 'MalformedToken'],
    ['more parts', `${token()}.x`, 'MalformedToken'],
    ['no form at all', 'SharedAccessSignature sr=a&sig=b', 'MalformedToken'],
    ['another audience', token({ aud: 'https://management.azure.com/' }), 'InvalidAudience'],
    ['its end behind it', token({ exp: NOW / 1000 }), 'ExpiredToken'],
    ['no end', token({ exp: undefined }), 'ExpiredToken'],
    ['its beginning before it', token({ nbf: NOW / 1000 + 1 }), 'ExpiredToken'],
  ])('is refused with %s', (_, text, code) => {
    expect(check(text)).toEqual(refusedWith(code));
  });
});

describe('the file of identities', () => {
  const fileOf = async (content: string) => {
    const path = join(await temporaryDirectory(), 'identities.json');
    await writeFile(path, content);
    return path;
  };

  it('names each role as Azure does', async () => {
    const roles = {
      a: 'Azure Event Hubs Data Receiver',
      b: 'Azure Event Hubs Data Sender',
      c: 'Azure Event Hubs Data Owner',
    };
    const identities = await readIdentities(await fileOf(JSON.stringify({ publicKey: PEM, roles })));
    expect([...identities.roles]).toEqual([
      ['a', ['Listen']],
      ['b', ['Send']],
      ['c', ['Manage', 'Send', 'Listen']],
    ]);
    expect(checkBearerToken(token({ oid: 'b' }), identities, NOW)).toMatchObject({ claims: ['Send'] });
  });

  it.each([
    ['no JSON', '{', /JSON/],
    ['no key', '{"roles":{}}', /publicKey is no public key/],
    ['another role', JSON.stringify({ publicKey: PEM, roles: { a: 'Contributor' } }), /a has a role other than/],
    ['a role of every object', JSON.stringify({ publicKey: PEM, roles: { a: 'toString' } }), /a has a role other than/],
  ])('is refused with %s', async (_, content, sentence) => {
    await expect(readIdentities(await fileOf(content))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(sentence),
    });
  });
});
