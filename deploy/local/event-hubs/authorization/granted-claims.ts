import type { Clock } from '@tashika/shared/time';
import { AmqpFault, Condition } from '../amqp/index.ts';
import type { Claim } from '../keys.ts';
import { isWithin, parseEntityAddress } from './entity-address.ts';
import type { Grant } from './sas-token.ts';

/** What a connection has been granted: a claim counts for its audience and all that lies within, until it expires. */
export class GrantedClaims {
  readonly #clock: Clock;
  readonly #grants = new Map<string, Grant>();

  constructor(clock: Clock) {
    this.#clock = clock;
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
    if (grants.some(([, { expiresAt }]) => expiresAt > this.#clock.now())) return;
    const why = grants.length > 0 ? 'ExpiredToken: The token is expired. ' : '';
    throw new AmqpFault(
      Condition.unauthorizedAccess,
      `${why}Unauthorized access. '${claims.join(', ')}' claim(s) are required to perform this operation. Resource: '${entity}'.`,
    );
  }
}
