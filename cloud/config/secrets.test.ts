import { loadConfiguration } from '@tashika/shared/config';
import { describe, expect, it } from 'vitest';
import { cloudRules, cloudSchema } from './index.ts';

const STORE = { TASHIKA_CLOUD_STORE_URL: 'postgres://db.example/tashika' };
const VAULT = {
  ...STORE,
  TASHIKA_CLOUD_SECRETS_SOURCE: 'vault',
  TASHIKA_CLOUD_SECRETS_VAULT_ADDRESS: 'https://vault:8200',
};
const AUTH = 'TASHIKA_CLOUD_SECRETS_VAULT_AUTH';
const APPROLE = { ...VAULT, [`${AUTH}_ROLE_ID`]: 'role', [`${AUTH}_SECRET_ID`]: 'hush' };

function load(env: Record<string, string>) {
  return loadConfiguration({ schema: cloudSchema, prefix: 'TASHIKA_CLOUD', env, rules: cloudRules });
}

describe('the source of secrets', () => {
  it('is the environment, if nothing else is said', () => {
    expect(load(STORE).secrets).toEqual({
      source: 'environment',
      vault: {
        watchMs: 30_000,
        eventHubs: 'kv/tashika/event-hubs/listen',
        beam: 'kv/tashika/beam',
        auth: { method: 'approle', secretIdWrapped: false },
      },
    });
  });

  it.each([
    ['AppRole', APPROLE],
    ['AppRole with a file', { ...VAULT, [`${AUTH}_ROLE_ID`]: 'r', [`${AUTH}_SECRET_ID_FILE`]: '/run/id' }],
    ['JWT', { ...VAULT, [`${AUTH}_METHOD`]: 'jwt', [`${AUTH}_JWT_FILE`]: '/run/jwt' }],
    ['managed identity', { ...VAULT, [`${AUTH}_METHOD`]: 'jwt', [`${AUTH}_AZURE_RESOURCE`]: 'api://vault' }],
    ['token', { ...VAULT, [`${AUTH}_METHOD`]: 'token', [`${AUTH}_TOKEN`]: 't' }],
    ['plain HTTP on this machine', { ...APPROLE, TASHIKA_CLOUD_SECRETS_VAULT_ADDRESS: 'http://127.0.0.1:8200' }],
    ['PGlite', { ...APPROLE, TASHIKA_CLOUD_STORE_URL: 'pglite:memory' }],
  ])('may be Vault by %s', (_, env) => {
    expect(load(env).secrets.source).toBe('vault');
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['no address', { ...APPROLE, TASHIKA_CLOUD_SECRETS_VAULT_ADDRESS: '' }, /secrets\.vault\.address is missing/],
    ['clear text', { ...APPROLE, TASHIKA_CLOUD_SECRETS_VAULT_ADDRESS: 'http://vault:8200' }, /must be https:\/\/…/],
    [
      'no role id',
      { ...APPROLE, [`${AUTH}_ROLE_ID`]: '' },
      /auth\.roleId is missing: secrets\.vault\.auth\.method approle needs it/,
    ],
    [
      'no secret id',
      { ...APPROLE, [`${AUTH}_SECRET_ID`]: '' },
      /auth\.secretId or secrets\.vault\.auth\.secretIdFile is missing/,
    ],
    ['two secret ids', { ...APPROLE, [`${AUTH}_SECRET_ID_FILE`]: '/run/id' }, /one of them is to be set, not both/],
    [
      'no JWT',
      { ...VAULT, [`${AUTH}_METHOD`]: 'jwt' },
      /auth\.jwtFile or secrets\.vault\.auth\.azureResource is missing/,
    ],
    ['no token', { ...VAULT, [`${AUTH}_METHOD`]: 'token' }, /auth\.token is missing/],
    [
      'a path without a mount',
      { ...APPROLE, TASHIKA_CLOUD_SECRETS_VAULT_BEAM: 'beam' },
      /secrets\.vault\.beam must be mount and name/,
    ],
    [
      'a connection string beside it',
      {
        ...APPROLE,
        TASHIKA_CLOUD_EVENT_HUBS_CONNECTION_STRING: 'Endpoint=sb://h;SharedAccessKeyName=a;SharedAccessKey=hush',
      },
      /eventHubs\.connectionString is set, and secrets\.source is vault: take it away; it is read from kv\/tashika\/event-hubs\/listen/,
    ],
    [
      'a key of Beam beside it',
      { ...APPROLE, TASHIKA_CLOUD_BEAM_PRE_SHARED_KEY: 'hush-hush' },
      /beam\.preSharedKey is set/,
    ],
    [
      'a user in the URL',
      { ...APPROLE, TASHIKA_CLOUD_STORE_URL: 'postgres://me:hush@db/tashika' },
      /store\.url names a user/,
    ],
    [
      'a user in its query',
      { ...APPROLE, TASHIKA_CLOUD_STORE_URL: 'postgres://db/tashika?user=me' },
      /store\.url names a user/,
    ],
    [
      'an address that nobody asks',
      { ...STORE, TASHIKA_CLOUD_SECRETS_VAULT_ADDRESS: 'https://v' },
      /secrets\.source is environment/,
    ],
  ])('is told what is wrong with %s, and no secret', (_, env, sentence) => {
    expect(() => load(env)).toThrow(sentence);
    expect(() => load(env)).not.toThrow(/hush/);
  });
});
