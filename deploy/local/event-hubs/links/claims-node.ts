import type { Clock } from '@tashika/shared/time';
import { Condition } from '../amqp/index.ts';
import { checkBearerToken, checkSasToken, type GrantedClaims, type Identities } from '../authorization/index.ts';
import type { KeyRing } from '../keys.ts';
import { type Reply, type Request, RequestReplyNode } from './request-reply.ts';

/** What tokens are checked against. */
export interface TokenAuthority {
  readonly keys: KeyRing;
  /** Undefined where no bearer token is taken. */
  readonly identities: Identities | undefined;
}

export interface ClaimsNodeParts {
  readonly keys: KeyRing;
  readonly clock: Clock;
  /** Told each time that a token is refused. */
  readonly onRefused: () => void;
}

/** `$cbs`: takes the tokens by which a connection gets its claims. */
export function claimsNode(claims: GrantedClaims, parts: ClaimsNodeParts): RequestReplyNode {
  return new RequestReplyNode((request) => putToken(request, claims, parts));
}

function putToken({ properties, body }: Request, claims: GrantedClaims, parts: ClaimsNodeParts): Reply {
  const { keys, clock, onRefused } = parts;
  const { operation, type, name } = properties;
  if (operation !== 'put-token' || typeof name !== 'string') {
    return { status: 400, description: 'Only put-token with a name is known.', condition: Condition.notImplemented };
  }
  if (type !== 'servicebus.windows.net:sastoken') return refuse(`Tokens of type '${String(type)}' are not taken here.`);
  const checked = checkSasToken(String(body), name, keys, clock.now());
  if ('refused' in checked) {
    onRefused();
    return refuse(checked.refused);
  }
  claims.grant(name, checked);
  return { status: 202, description: 'Accepted' };
}

function refuse(description: string): Reply {
  return { status: 401, description, condition: Condition.unauthorizedAccess };
}
