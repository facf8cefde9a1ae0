import type { Vault } from '@tashika/cloud/secrets';
import { TashikaError } from '@tashika/shared/errors';
import type { Clock, Duration } from '@tashika/shared/time';

/** Who logs in by AppRole. */
export const ROLES = ['worker', 'api', 'soracom', 'rotation', 'approver'] as const;

const UNIT_MS: Readonly<Record<string, Duration>> = { s: 1000, m: 60_000, h: 3_600_000 };
const LONGEST_MS: Duration = 3_600_000;

/** What a program is given to log in with: neither part is of use without the other. */
export interface WrappedSecretId {
  readonly roleId: string;
  /** Opens once, and shows the secret id to who opens it; whoever finds it opened knows that somebody else has it. */
  readonly wrappingToken: string;
  /** ISO 8601. */
  readonly opensUntil: string;
}

/**
 * A new secret id for a role, wrapped: it is in no answer and no log by itself.
 *
 * @throws TashikaError USAGE for a time that is no time or longer than an hour; those of `Vault`
 */
export async function wrappedSecretId(
  role: string,
  ttl: string,
  { vault, clock }: { readonly vault: Vault; readonly clock: Clock },
): Promise<WrappedSecretId> {
  const wrapTtlMs = durationOf(ttl);
  const path = `auth/approle/role/tashika-${role}`;
  const { data } = await vault.read(`${path}/role-id`);
  const { wrapped } = await vault.write(`${path}/secret-id`, {}, { wrapTtlMs });
  if (!wrapped) throw new TashikaError('VAULT_REFUSED', `Vault gave out ${path}/secret-id and did not wrap it.`);
  return {
    roleId: String(data.role_id),
    wrappingToken: wrapped.token,
    opensUntil: new Date(clock.now() + wrapped.ttlMs).toISOString(),
  };
}

function durationOf(ttl: string): Duration {
  const found = /^(\d+)([smh])$/.exec(ttl);
  const ms = found ? Number(found[1]) * UNIT_MS[found[2]!]! : 0;
  if (ms > 0 && ms <= LONGEST_MS) return ms;
  throw new TashikaError('USAGE', `--ttl is ${ttl}; it must be a time from 1s to 1h, such as 10m.`);
}
