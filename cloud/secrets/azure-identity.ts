import { request } from 'node:http';
import { messageOf, TashikaError } from '@tashika/shared/errors';
import type { Clock, Duration } from '@tashika/shared/time';
import type { JwtFrom } from './vault.ts';

/** Azure's metadata service, reached from a virtual machine alone. */
const METADATA_SERVICE = 'http://169.254.169.254/metadata/identity/oauth2/token';
const ANSWER_WITHIN_MS: Duration = 10_000;
const MOST_BYTES = 256 * 1024;

/**
 * A token of the managed identity that this program runs under, as a JWT for Vault: of Container Apps and App Service
 * where their endpoint is known ("Managed identities in Azure Container Apps", REST endpoint reference), else of the
 * machine's metadata service ("How to use managed identities on an Azure VM to acquire an access token").
 *
 * @throws TashikaError VAULT_UNREACHABLE where the identity's endpoint does not answer, VAULT_DENIED where it refuses
 */
export async function azureIdentityToken(
  { resource, clientId, endpoint }: Extract<JwtFrom, { kind: 'azure' }>,
  clock: Clock,
): Promise<string> {
  const url = new URL(endpoint?.url ?? METADATA_SERVICE);
  url.searchParams.set('api-version', endpoint ? '2019-08-01' : '2018-02-01');
  url.searchParams.set('resource', resource);
  if (clientId !== undefined) url.searchParams.set('client_id', clientId);
  const headers: Record<string, string> = endpoint ? { 'X-IDENTITY-HEADER': endpoint.header } : { Metadata: 'true' };
  const place = `Azure's endpoint for managed identities at ${url.origin}`;
  const { status, body } = await get(url, headers, clock).catch((error) => {
    throw new TashikaError('VAULT_UNREACHABLE', `${place} does not answer: ${messageOf(error)}.`);
  });
  const token = tokenIn(body);
  if (status === 200 && token !== undefined) return token;
  if (status === 429 || status >= 500)
    throw new TashikaError('VAULT_UNREACHABLE', `${place} can't give a token now (status ${status}).`);
  throw new TashikaError(
    'VAULT_DENIED',
    `${place} gives no token for ${resource} (status ${status}): see that an identity is assigned to this program, and that secrets.vault.auth.azureResource and azureClientId are right.`,
  );
}

function get(url: URL, headers: Record<string, string>, clock: Clock): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const asking = request(url, { headers, agent: false }, async (response) => {
      try {
        let body = '';
        for await (const part of response.setEncoding('utf8')) {
          body += part;
          if (body.length > MOST_BYTES) throw new Error('its answer is too long');
        }
        resolve({ status: response.statusCode ?? 0, body });
      } catch (error) {
        reject(error);
      } finally {
        timer.cancel();
      }
    });
    const timer = clock.after(ANSWER_WITHIN_MS, () => asking.destroy(new Error(`no answer in ${ANSWER_WITHIN_MS} ms`)));
    asking.on('error', (error) => {
      timer.cancel();
      reject(error);
    });
    asking.end();
  });
}

function tokenIn(body: string): string | undefined {
  try {
    const { access_token: token } = JSON.parse(body) as { access_token?: unknown };
    return typeof token === 'string' && token !== '' ? token : undefined;
  } catch {
    return undefined;
  }
}
