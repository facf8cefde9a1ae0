import type { Clock } from '@tashika/shared/time';
import { AmqpFault, Condition } from '../amqp/index.ts';
import type { Claim } from '../keys.ts';
import { isWithin, parseEntityAddress } from './entity-address.ts';
import type { Grant } from './sas-token.ts';

/**
 * What a connection has been granted: a claim counts for its audience and all that lies within, until it expires, or
 * until the key that it was signed with has ended.
 */
export class GrantedClaims {
  readonly #clock: Clock;
  readonly #onRefused: () => void;
  readonly #grants = new Map<string, Grant>();

  /** @param onRefused told each time that a use is refused */
  constructor(clock: Clock, onRefused: () => void) {
    this.#clock = clock;
    this.#onRefused = onRefused;
  }

  /** A later token for the same audience takes the place of the earlier one. */
  grant(audience: string, grant: Grant): void {
    this.#grants.set(audience, grant);
  }

  /**
   * Makes sure that `entity` may be used in this way. `claims` are alternatives.
   *
   * @throws AmqpFault amqp:unauthorized-access
   */
  require(entity: string, ...claims: readonly Claim[]): void {
    const address = parseEntityAddress(entity);
    const grants = [...this.#grants].filter(([audience, { claims: granted }]) => {
      return claims.some((claim) => granted.includes(claim)) && isWithin(address, parseEntityAddress(audience));
    });
    const now = this.#clock.now();
    const current = grants.filter(([, { signedWith }]) => signedWith.endsAt === undefined || signedWith.endsAt > now);
    if (current.some(([, { expiresAt }]) => expiresAt > now)) return;
    const why =
      current.length > 0
        ? 'ExpiredToken: The token is expired. '
        : grants.length > 0
          ? 'InvalidSignature: The token has an invalid signature. '
          : '';
    this.#onRefused();
    throw new AmqpFault(
      Condition.unauthorizedAccess,
      `${why}Unauthorized access. '${claims.join(', ')}' claim(s) are required to perform this operation. Resource: '${entity}'.`,
    );
  }
}
