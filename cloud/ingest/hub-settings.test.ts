import { loadConfiguration } from '@tashika/shared/config';
import { describe, expect, it } from 'vitest';
import { cloudRules, cloudSchema } from '../config/index.ts';
import { hubAddressOf, hubClient, hubSettingsOf, refusalOf, withKey } from './hub-settings.ts';

const KEY = 'Endpoint=sb://Tashika.servicebus.windows.net/;SharedAccessKeyName=listen;SharedAccessKey=hush';
const IDENTITY = {
  auth: 'managed-identity',
  fullyQualifiedNamespace: 'Tashika.servicebus.windows.net',
};
const identity = { name: 'the identity', getToken: async () => ({ token: 'jwt', expiresOnTimestamp: 0 }) };

function configuration(eventHubs: object) {
  const overrides = { eventHubs, store: { url: 'pglite:memory' } };
  return loadConfiguration({ schema: cloudSchema, prefix: 'TASHIKA_CLOUD', env: {}, overrides, rules: cloudRules });
}

describe('the settings of a process that reads the hub', () => {
  it('name the hub alike, whether it is read with a key or as an identity', () => {
    const withAKey = hubSettingsOf(configuration({ connectionString: KEY }));
    const asIdentity = hubSettingsOf(configuration(IDENTITY), identity);
    expect(hubAddressOf(asIdentity)).toEqual(hubAddressOf(withAKey));
    expect(hubAddressOf(asIdentity).namespace).toBe('tashika.servicebus.windows.net');
    expect(hubAddressOf({ ...asIdentity, namespace: 'named' }).namespace).toBe('named');
  });

  it('keep all but the key when the key changes', () => {
    const settings = hubSettingsOf(configuration({ connectionString: KEY, namespace: 'named', consumerGroup: 'g' }));
    const other = KEY.replace('hush', 'new');
    expect(withKey(settings, other)).toEqual({ ...settings, connectionString: other });
  });

  it('make a client of the SDK for the same host and hub either way', async () => {
    for (const settings of [
      hubSettingsOf(configuration({ connectionString: KEY })),
      hubSettingsOf(configuration(IDENTITY), identity),
    ]) {
      const client = hubClient(settings, {});
      expect(client.fullyQualifiedNamespace.toLowerCase()).toBe('tashika.servicebus.windows.net');
      expect(client.eventHubName).toBe('telemetry');
      await client.close();
    }
  });

  it('say which right is missing: the claim of a key, or the role of an identity and on what', () => {
    expect(refusalOf(hubSettingsOf(configuration({ connectionString: KEY })), 'Why.')).toMatch(/Listen claim\. Why\./);
    expect(refusalOf(hubSettingsOf(configuration(IDENTITY), identity), 'Why.')).toMatch(
      /the identity read telemetry: it needs the role Azure Event Hubs Data Receiver on the event hub telemetry of Tashika\.servicebus\.windows\.net .*Why\./,
    );
  });

  it('are refused where an identity is wanted and there is none', () => {
    expect(() => hubSettingsOf(configuration(IDENTITY))).toThrow(/the namespace or the identity is missing/);
  });
});
