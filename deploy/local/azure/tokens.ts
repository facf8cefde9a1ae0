import { randomBytes } from 'node:crypto';
import type { Clock, Duration, Timestamp } from '@tashika/shared/time';
import { ArmError } from './arm-error.ts';
import type { Operation } from './resource-path.ts';

/** What a token's bearer may do: `reader` sees rules, `keys` may list and regenerate their keys too. */
export type AzureRole = 'reader' | 'keys';

interface Issued {
  readonly role: AzureRole;
  readonly expiresAt: Timestamp;
}

/** The bearer tokens that are taken. */
export class Tokens {
  readonly #clock: Clock;
  readonly #issued = new Map<string, Issued>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  issue(role: AzureRole, lifetimeMs: Duration): string {
    const token = randomBytes(24).toString('base64url');
    this.#issued.set(token, { role, expiresAt: this.#clock.now() + lifetimeMs });
    return token;
  }

  /**
   * @param authorization the request's header
   * @param scope the resource that it is about
   * @throws ArmError 401, 403
   */
  require(authorization: string | undefined, operation: Operation, scope: string): void {
    if (!authorization)
      throw new ArmError(401, 'AuthenticationFailed', "Authentication failed. The 'Authorization' header is missing.");
    const issued = this.#issued.get(/^Bearer (\S+)$/i.exec(authorization)?.[1] ?? '');
    if (!issued) throw new ArmError(401, 'InvalidAuthenticationToken', 'The access token is invalid.');
    const now = this.#clock.now();
    if (issued.expiresAt <= now)
      throw new ArmError(
        401,
        'ExpiredAuthenticationToken',
        `The access token expiry UTC time '${utc(issued.expiresAt)}' is earlier than current UTC time '${utc(now)}'.`,
      );
    if (operation === 'get' || issued.role === 'keys') return;
    throw new ArmError(
      403,
      'AuthorizationFailed',
      `The client does not have authorization to perform action 'Microsoft.EventHub/namespaces/authorizationRules/${operation}/action' over scope '${scope}' or the scope is invalid.`,
    );
  }
}

function utc(time: Timestamp): string {
  return new Date(time).toISOString();
}
