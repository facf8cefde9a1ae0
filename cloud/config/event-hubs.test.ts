import { loadConfiguration } from '@tashika/shared/config';
import { describe, expect, it } from 'vitest';
import { cloudRules, cloudSchema } from './index.ts';

const HUB = 'TASHIKA_CLOUD_EVENT_HUBS';
const STORE = { TASHIKA_CLOUD_STORE_URL: 'postgres://db.example/tashika' };
const NAMESPACE = { [`${HUB}_FULLY_QUALIFIED_NAMESPACE`]: 'tashika.servicebus.windows.net' };
const KEY = { [`${HUB}_CONNECTION_STRING`]: 'Endpoint=sb://h/;SharedAccessKeyName=listen;SharedAccessKey=hush' };
const IDENTITY = { ...STORE, ...NAMESPACE, [`${HUB}_AUTH`]: 'managed-identity' };
const VAULT = {
  TASHIKA_CLOUD_SECRETS_SOURCE: 'vault',
  TASHIKA_CLOUD_SECRETS_VAULT_ADDRESS: 'https://vault:8200',
  TASHIKA_CLOUD_SECRETS_VAULT_AUTH_METHOD: 'jwt',
  TASHIKA_CLOUD_SECRETS_VAULT_AUTH_JWT_FILE: '/run/jwt',
};

function load(env: Record<string, string>) {
  return loadConfiguration({ schema: cloudSchema, prefix: 'TASHIKA_CLOUD', env, rules: cloudRules });
}

describe('how the hub is read', () => {
  it('is with a connection string, if nothing else is said', () => {
    expect(load({ ...STORE, ...KEY }).eventHubs.auth).toBe('connection-string');
  });

  it.each([
    ['alone', IDENTITY],
    ['with the client id of a user-assigned one', { ...IDENTITY, [`${HUB}_AZURE_CLIENT_ID`]: 'client-1' }],
    ['beside Vault, which has no key then', { ...IDENTITY, ...VAULT }],
    ['of a namespace with a port', { ...IDENTITY, [`${HUB}_FULLY_QUALIFIED_NAMESPACE`]: 'localhost:5671' }],
  ])('may be as a managed identity %s', (_, env) => {
    expect(load(env).eventHubs).toMatchObject({ auth: 'managed-identity', hub: 'telemetry' });
  });

  it.each([
    [
      'no namespace',
      { ...IDENTITY, [`${HUB}_FULLY_QUALIFIED_NAMESPACE`]: '' },
      /eventHubs\.fullyQualifiedNamespace is missing: with eventHubs\.auth managed-identity/,
    ],
    [
      'a connection string too',
      { ...IDENTITY, ...KEY },
      /eventHubs\.connectionString is set, and eventHubs\.auth is managed-identity: take it away/,
    ],
    [
      'a connection string too, beside Vault',
      { ...IDENTITY, ...VAULT, ...KEY },
      /eventHubs\.connectionString is set, and eventHubs\.auth is managed-identity: take it away/,
    ],
    [
      'a namespace and no word of an identity',
      { ...STORE, ...KEY, ...NAMESPACE },
      /eventHubs\.fullyQualifiedNamespace is set, and eventHubs\.auth is connection-string: set it to managed-identity/,
    ],
    [
      'a client id and no word of an identity',
      { ...STORE, ...KEY, [`${HUB}_AZURE_CLIENT_ID`]: 'client-1' },
      /eventHubs\.azureClientId is set, and eventHubs\.auth is connection-string/,
    ],
    [
      'an address in place of a host',
      { ...IDENTITY, [`${HUB}_FULLY_QUALIFIED_NAMESPACE`]: 'sb://tashika.servicebus.windows.net/' },
      /fullyQualifiedNamespace.*a host alone/,
    ],
  ])('is refused with %s, and shows no key', (_, env, sentence) => {
    expect(() => load(env)).toThrow(sentence);
    expect(() => load(env)).not.toThrow(/hush|is read from kv/);
  });
});
