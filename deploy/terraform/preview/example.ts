/**
 * What an offline plan takes for what only a site knows. Every id is of the form that the real ones have, and none is
 * anybody's.
 */
export const EXAMPLE_ACCOUNT = {
  subscription_id: '00000000-0000-4000-8000-000000000001',
  tenant_id: '00000000-0000-4000-8000-000000000002',
} as const;

const DIGEST = '0'.repeat(64);

/** Values of the stacks' variables, all but the password. */
export const EXAMPLE_VARIABLES = {
  account: EXAMPLE_ACCOUNT,
  team: 'telemetry',
  cost_centre: 'CC-1000',
  emails: { duty: 'duty@example.com' },
  vault_address: 'https://vault.example.com',
  program: { image: `registry.example.com/tashika-cloud@sha256:${DIGEST}`, revision: 'v1' },
  gate: {
    image: `registry.example.com/oauth2-proxy@sha256:${DIGEST}`,
    client_id: '00000000-0000-4000-8000-000000000003',
    client_secret_id: 'https://example.vault.azure.net/secrets/gate-client',
    cookie_secret_id: 'https://example.vault.azure.net/secrets/gate-cookie',
    email_domains: ['example.com'],
  },
} as const;
