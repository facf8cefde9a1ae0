import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import type { SecretsReport } from '../secrets/index.ts';
import { registerSecretsMetrics } from './secrets-metrics.ts';

async function linesOf(report: SecretsReport | undefined): Promise<string[]> {
  const registry = new Registry();
  registerSecretsMetrics(registry, () => report);
  await registry.metrics(); // a second scrape tells the same totals
  return (await registry.metrics()).split('\n').filter((line) => line.startsWith('tashika_'));
}

const kept = { renewals: 0, replacements: 0, failures: 0, refusals: 0, trouble: undefined, refusal: undefined };

it('the metrics tell of each secret how old it is, how long it is good for, and what became of attempts', async () => {
  const refusal = { code: 'EVENT_HUBS_UNAUTHORIZED', message: 'refused', since: 0 } as const;
  const report: SecretsReport = {
    vaultAnswers: false,
    secrets: [
      { ...kept, name: 'database', ageMs: 61_500, leftMs: -1_500, renewals: 4, replacements: 2, failures: 7 },
      { ...kept, name: 'event-hubs', ageMs: 2_000, leftMs: undefined, refusals: 3, refusal },
    ],
  };
  expect(await linesOf(report)).toEqual([
    'tashika_cloud_secrets_age_seconds{secret="database"} 61.5',
    'tashika_cloud_secrets_age_seconds{secret="event-hubs"} 2',
    'tashika_cloud_secrets_lease_seconds{secret="database"} -1.5',
    'tashika_cloud_secrets_refused{secret="database"} 0',
    'tashika_cloud_secrets_refused{secret="event-hubs"} 1',
    'tashika_cloud_secrets_renewals_total{secret="database"} 4',
    'tashika_cloud_secrets_renewals_total{secret="event-hubs"} 0',
    'tashika_cloud_secrets_replacements_total{secret="database"} 2',
    'tashika_cloud_secrets_replacements_total{secret="event-hubs"} 0',
    'tashika_cloud_secrets_failures_total{secret="database"} 7',
    'tashika_cloud_secrets_failures_total{secret="event-hubs"} 0',
    'tashika_cloud_secrets_refusals_total{secret="database"} 0',
    'tashika_cloud_secrets_refusals_total{secret="event-hubs"} 3',
    'tashika_cloud_secrets_vault_up 0',
  ]);
});

it('the metrics tell nothing of secrets that come from the environment', async () => {
  expect(await linesOf(undefined)).toEqual([]);
});
