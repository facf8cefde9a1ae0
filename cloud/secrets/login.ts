import { readFile } from 'node:fs/promises';
import { isTashikaError, messageOf, TashikaError } from '@tashika/shared/errors';
import type { Clock } from '@tashika/shared/time';
import { azureIdentityToken } from './azure-identity.ts';
import type { GrantedToken, VaultCalls } from './calls.ts';
import { isOutage, VaultFailure } from './failure.ts';
import type { VaultAuth } from './vault.ts';
import { WrappedSecretId } from './wrapped-secret-id.ts';

/** Gets a token, each time anew. */
export interface Login {
  /** False for a token that came from outside: there is no other one, and it is not ours to revoke. */
  readonly canRepeat: boolean;
  /** @throws TashikaError VAULT_DENIED, VAULT_SECRET_ID_OPENED, VAULT_UNREACHABLE, VAULT_SEALED, CONFIG_UNREADABLE */
  login(): Promise<GrantedToken>;
}

/** The way to log in that the settings name. */
export function loginBy(auth: VaultAuth, calls: VaultCalls, clock: Clock): Login {
  switch (auth.method) {
    case 'token':
      return { canRepeat: false, login: () => lookedUp(auth.token, calls) };
    case 'approle': {
      const wrapped = auth.secretId.wrapped ? new WrappedSecretId(auth.mount, calls) : undefined;
      return {
        canRepeat: true,
        async login() {
          const { secretId } = auth;
          const given = secretId.kind === 'value' ? secretId.value : await secretFile(secretId.path, 'secret id');
          const secret_id = wrapped ? await wrapped.open(given) : given;
          return loggedIn(calls, auth.mount, { role_id: auth.roleId, secret_id }, 'role id or secret id', [secret_id]);
        },
      };
    }
    case 'jwt':
      return {
        canRepeat: true,
        async login() {
          const jwt =
            auth.jwt.kind === 'file'
              ? await secretFile(auth.jwt.path, 'JWT')
              : await azureIdentityToken(auth.jwt, clock);
          return loggedIn(calls, auth.mount, { role: auth.role, jwt }, `JWT or role ${auth.role}`, [jwt]);
        },
      };
  }
}

async function loggedIn(
  calls: VaultCalls,
  mount: string,
  body: object,
  what: string,
  secrets: readonly string[],
): Promise<GrantedToken> {
  try {
    const { auth } = await calls.ask({ verb: 'write', path: `auth/${mount}/login` }, { body });
    if (auth) return auth;
    throw new TashikaError(
      'VAULT_REFUSED',
      `Vault gives no token at auth/${mount}: the login asks for a second factor.`,
    );
  } catch (error) {
    if (!(error instanceof VaultFailure) || isOutage(error)) throw error;
    const told = secrets.reduce((text, secret) => text.replaceAll(secret, '…'), error.message);
    throw new VaultFailure(
      'VAULT_DENIED',
      `Vault refuses the login at auth/${mount}: ${what} is wrong, has expired, or may not be used again. ${told}`,
      error,
    );
  }
}

/** How long a token that came from outside is good for yet. */
async function lookedUp(token: string, calls: VaultCalls): Promise<GrantedToken> {
  try {
    const { data } = await calls.ask({ verb: 'read', path: 'auth/token/lookup-self' }, { token });
    // What never ends, as a root token, has a ttl of 0; what is in its last second has that too.
    const durationMs = data.expire_time ? Math.max(1, Number(data.ttl)) * 1000 : 0;
    return { token, durationMs, renewable: data.renewable === true };
  } catch (error) {
    if (!isTashikaError(error, 'VAULT_DENIED')) throw error;
    throw new VaultFailure(
      'VAULT_DENIED',
      'Vault refuses the token: it has expired, was revoked, or was never one. Log in again, and give the new token.',
      { status: 403 },
    );
  }
}

/** @throws TashikaError CONFIG_UNREADABLE */
async function secretFile(path: string, what: string): Promise<string> {
  let text: string;
  try {
    text = (await readFile(path, 'utf8')).trim();
  } catch (error) {
    throw new TashikaError('CONFIG_UNREADABLE', `The file of the ${what} can't be read: ${messageOf(error)}.`);
  }
  if (text === '') throw new TashikaError('CONFIG_UNREADABLE', `The file of the ${what}, ${path}, is empty.`);
  return text;
}
