import { loadConfiguration } from '@tashika/shared/config';
import { isTashikaError } from '@tashika/shared/errors';
import { describe, expect, it } from 'vitest';
import { cloudRules, cloudSchema } from './index.ts';

const required = {
  TASHIKA_CLOUD_EVENT_HUBS_CONNECTION_STRING: 'Endpoint=sb://127.0.0.1',
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
      lateToleranceMs: 5000,
      earlyToleranceMs: 300_000,
      outOfOrderToleranceMs: 0,
    });
    expect(configuration.ingest.maxBatchSize).toBe(1_000);
    expect(configuration.log.level).toBe('info');
  });

  it('refuses an ownership that would expire between two renewals', () => {
    const env = { ...required, TASHIKA_CLOUD_INGEST_OWNERSHIP_EXPIRATION_MS: '5000' };
    expect(() => load(env)).toThrow(/ingest\.ownershipExpirationMs \(5000\) must be at least twice/);
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
});
