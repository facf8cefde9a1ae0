import type { Clock } from '@tashika/shared/time';
import { Condition } from '../amqp/index.ts';
import {
  checkBearerToken,
  checkSasToken,
  type Grant,
  type GrantedClaims,
  type Identities,
  type Refusal,
} from '../authorization/index.ts';
import type { KeyRing } from '../keys.ts';
import { type Reply, type Request, RequestReplyNode } from './request-reply.ts';

export interface ClaimsNodeParts {
  readonly keys: KeyRing;
  /** Undefined where no bearer token is taken. */
  readonly identities: Identities | undefined;
  readonly clock: Clock;
  /** Told each time that a token is refused. */
  readonly onRefused: () => void;
}

/** `$cbs`: takes the tokens by which a connection gets its claims. */
export function claimsNode(claims: GrantedClaims, parts: ClaimsNodeParts): RequestReplyNode {
  return new RequestReplyNode((request) => putToken(request, claims, parts));
}

function putToken({ properties, body }: Request, claims: GrantedClaims, parts: ClaimsNodeParts): Reply {
  const { operation, type, name } = properties;
  if (operation !== 'put-token' || typeof name !== 'string') {
    return { status: 400, description: 'Only put-token with a name is known.', condition: Condition.notImplemented };
  }
  const checked = checkToken(type, String(body), name, parts);
  if ('refused' in checked) {
    parts.onRefused();
    return refuse(checked.refused);
  }
  claims.grant(name, checked);
  return { status: 202, description: 'Accepted' };
}

function checkToken(
  type: unknown,
  token: string,
  audience: string,
  { keys, identities, clock }: ClaimsNodeParts,
): Grant | Refusal {
  if (type === 'servicebus.windows.net:sastoken') return checkSasToken(token, audience, keys, clock.now());
  if (type === 'jwt' && identities) return checkBearerToken(token, identities, clock.now());
  return { refused: `Tokens of type '${String(type)}' are not taken here.` };
}

function refuse(description: string): Reply {
  return { status: 401, description, condition: Condition.unauthorizedAccess };
}
