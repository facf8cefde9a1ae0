import { loadConfiguration } from '@tashika/shared/config';
import { isTashikaError } from '@tashika/shared/errors';
import { describe, expect, it } from 'vitest';
import { cloudRules, cloudSchema } from './index.ts';

const required = {
  TASHIKA_CLOUD_EVENT_HUBS_CONNECTION_STRING:
    'Endpoint=sb://127.0.0.1;SharedAccessKeyName=listen;SharedAccessKey=secret',
  TASHIKA_CLOUD_STORE_URL: 'pglite:memory',
};

function load(env: Record<string, string>) {
  return loadConfiguration({ schema: cloudSchema, prefix: 'TASHIKA_CLOUD', env, rules: cloudRules });
}

describe('the cloud configuration', () => {
  it('needs only the hub and the store; everything else has a default', () => {
    const configuration = load(required);
    expect(configuration.eventHubs).toMatchObject({ hub: 'telemetry', consumerGroup: '$Default' });
    expect(configuration.windows).toEqual({
      policy: 'revise',
      action: 'adjust',
      lengthMs: 60_000,
      lateToleranceMs: 5000,
      earlyToleranceMs: 300_000,
      outOfOrderToleranceMs: 0,
    });
    expect(configuration.ingest.maxBatchSize).toBe(1_000);
    expect(configuration.log.level).toBe('info');
  });

  it('notices what is wrong with a connection string, and does not show it', () => {
    const wrong = { ...required, TASHIKA_CLOUD_EVENT_HUBS_CONNECTION_STRING: 'Endpoint=sb://h;SharedAccessKey=hush' };
    expect(() => load(wrong)).toThrow('eventHubs.connectionString must have a SharedAccessKeyName=….');
    expect(() => load(wrong)).not.toThrow(/hush/);
    const other = `${required.TASHIKA_CLOUD_EVENT_HUBS_CONNECTION_STRING};EntityPath=other`;
    expect(() => load({ ...required, TASHIKA_CLOUD_EVENT_HUBS_CONNECTION_STRING: other })).toThrow(/EntityPath/);
    expect(load({ TASHIKA_CLOUD_STORE_URL: 'pglite:memory' }).eventHubs.connectionString).toBeUndefined();
  });

  it.each([
    ['', '', true],
    ['0', '400', false],
    ['90', '', true],
    ['90', '90', false],
    ['90', '91', true],
    ['365', '0', true],
  ])('keeps windows for %s days and ledgers for %s only if ledgers outlive windows', (windows, ledgers, right) => {
    const env = {
      ...required,
      TASHIKA_CLOUD_RETENTION_WINDOWS_DAYS: windows,
      TASHIKA_CLOUD_RETENTION_LEDGERS_DAYS: ledgers,
    };
    if (right) load(env);
    else expect(() => load(env)).toThrow(/retention\.ledgersDays \(\d+\) must be 0/);
  });

  it('refuses an ownership that would expire between two renewals', () => {
    const env = { ...required, TASHIKA_CLOUD_INGEST_OWNERSHIP_EXPIRATION_MS: '5000' };
    expect(() => load(env)).toThrow(/ingest\.ownershipExpirationMs \(5000\) must be at least twice/);
  });

  it('takes windows that hop by their length at most', () => {
    const hop = (hopMs: string) => load({ ...required, TASHIKA_CLOUD_WINDOWS_HOP_MS: hopMs }).windows;
    expect(hop('30000')).toMatchObject({ lengthMs: 60_000, hopMs: 30_000 });
    expect(hop('60000')).toMatchObject({ hopMs: 60_000 });
    expect(() => hop('60001')).toThrow(
      'windows.hopMs (60001) must be at most windows.lengthMs (60000), or readings would fall between the windows.',
    );
    const day = { ...required, TASHIKA_CLOUD_WINDOWS_LENGTH_MS: '86400000', TASHIKA_CLOUD_WINDOWS_HOP_MS: '59999' };
    expect(() => load(day)).toThrow(/windows\.hopMs \(59999\) must be at least a 1440th of windows\.lengthMs/);
  });

  it('names the field of a bad value', () => {
    try {
      load({ ...required, TASHIKA_CLOUD_LOG_LEVEL: 'loud' });
      expect.unreachable();
    } catch (error) {
      expect(isTashikaError(error, 'CONFIG_INVALID')).toBe(true);
      expect(String(error)).toContain('log.level');
    }
  });

  it.each([
    ['["agent/*"]', 'sealing.fields has "agent/*", which seals agent/version, agent/system, agent/starts'],
    ['["gps/*","*"]', 'sealing.fields has "*", which seals agent/version, agent/system, agent/starts'],
    ['["agent/system"]', 'sealing.fields has "agent/system", which seals agent/system,'],
    ['["agent/st*"]', 'sealing.fields has "agent/st*", which seals agent/starts,'],
  ])('seals nothing that rollouts are steered by: %s', (fields, problem) => {
    const sealing = {
      ...required,
      TASHIKA_CLOUD_SECRETS_SOURCE: 'vault',
      TASHIKA_CLOUD_SECRETS_VAULT_ADDRESS: 'http://127.0.0.1:8200',
      TASHIKA_CLOUD_SEALING_FIELDS: fields,
    };
    const withFleet = { ...sealing, TASHIKA_CLOUD_FLEET_BUNDLES: 'folder:/bundles' };
    expect(() => load(withFleet)).toThrow(problem);
    expect(() => load(withFleet)).toThrow(/without them, or leave fleet\.bundles out/);
    expect(() => load(sealing)).not.toThrow(/leave fleet\.bundles out/);
    expect(() => load({ ...withFleet, TASHIKA_CLOUD_SEALING_FIELDS: '["agent/held","agents/*"]' })).not.toThrow(
      /leave fleet\.bundles out/,
    );
  });
});
