import { TashikaError } from '@tashika/shared/errors';
import type { Clock } from '@tashika/shared/time';
import { askForIdentityToken } from './identity-endpoint.ts';
import type { JwtFrom } from './vault.ts';

/**
 * A token of the managed identity that this program runs under, as a JWT for Vault.
 *
 * @throws TashikaError VAULT_UNREACHABLE where the identity's endpoint does not answer, VAULT_DENIED where it refuses
 */
export async function azureIdentityToken(from: Extract<JwtFrom, { kind: 'azure' }>, clock: Clock): Promise<string> {
  const answer = await askForIdentityToken(from, clock);
  if (answer.kind === 'token') return answer.token;
  if (answer.kind === 'unavailable') throw new TashikaError('VAULT_UNREACHABLE', `${answer.place} ${answer.reason}.`);
  throw new TashikaError(
    'VAULT_DENIED',
    `${answer.place} gives no token for ${from.resource} (status ${answer.status}): see that an identity is assigned to this program, and that secrets.vault.auth.azureResource and azureClientId are right.`,
  );
}
