/** Where a secret is to be had: a field of a secret in Vault, or a variable of the environment. */
export type SecretReference = { readonly vault: string } | { readonly env: string };

/** `kv/tashika/event-hubs/send#key`: mount and name of the secret, and its field. */
export const VAULT_REFERENCE = '^[\\w.-]+(/[\\w.-]+)+#[\\w.-]+$';
export const ENV_REFERENCE = '^[A-Za-z_][A-Za-z0-9_]*$';

/** How a reference is written in a sentence. */
export function nameOf(reference: SecretReference): string {
  return 'vault' in reference ? `Vault ${reference.vault}` : `environment ${reference.env}`;
}

export function isReference(value: unknown): value is SecretReference {
  if (typeof value !== 'object' || value === null) return false;
  const { vault, env } = value as Record<string, unknown>;
  return typeof vault === 'string' || typeof env === 'string';
}
