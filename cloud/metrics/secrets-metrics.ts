import { Counter, Gauge, type Registry } from 'prom-client';
import type { SecretState, SecretsReport } from '../secrets/index.ts';

/** How this process's secrets stand; nothing where they come from the environment. */
export function registerSecretsMetrics(registry: Registry, report: () => SecretsReport | undefined): void {
  const labelNames = ['secret'] as const;
  const registers = [registry];

  function gauge(name: string, help: string, of: (state: SecretState) => number | undefined): void {
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        for (const state of report()?.secrets ?? []) {
          const value = of(state);
          if (value !== undefined) this.set({ secret: state.name }, value);
        }
      },
    });
  }

  function total(name: string, help: string, of: (state: SecretState) => number): void {
    new Counter({
      name,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        for (const state of report()?.secrets ?? []) this.inc({ secret: state.name }, of(state));
      },
    });
  }

  gauge(
    'tashika_cloud_secrets_age_seconds',
    'How long ago Vault gave the secret, renewed it, or said that it is the latest.',
    ({ ageMs }) => ageMs / 1000,
  );
  gauge(
    'tashika_cloud_secrets_lease_seconds',
    'How long the secret is good for yet; below 0 once it has run out. Absent for what has no lease.',
    ({ leftMs }) => leftMs && leftMs / 1000,
  );
  gauge(
    'tashika_cloud_secrets_refused',
    '1 while the newest secret does not work and the one before is in use.',
    ({ refusal }) => (refusal ? 1 : 0),
  );
  total('tashika_cloud_secrets_renewals_total', 'Renewals by Vault.', ({ renewals }) => renewals);
  total('tashika_cloud_secrets_replacements_total', 'New secrets from Vault.', ({ replacements }) => replacements);
  total('tashika_cloud_secrets_failures_total', 'Attempts at Vault that failed.', ({ failures }) => failures);
  total(
    'tashika_cloud_secrets_refusals_total',
    'Attempts to use a new secret that failed.',
    ({ refusals }) => refusals,
  );
  new Gauge({
    name: 'tashika_cloud_secrets_vault_up',
    help: 'Whether Vault answered the last call, unsealed. Absent where secrets come from the environment.',
    registers,
    collect() {
      this.reset();
      const found = report();
      if (found) this.set(found.vaultAnswers ? 1 : 0);
      else this.remove();
    },
  });
}
