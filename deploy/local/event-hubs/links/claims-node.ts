import type { Clock } from '@tashika/shared/time';
import { Condition } from '../amqp/index.ts';
import { checkSasToken, type GrantedClaims } from '../authorization/index.ts';
import type { KeyRing } from '../keys.ts';
import { type Reply, type Request, RequestReplyNode } from './request-reply.ts';

/** `$cbs`: takes the tokens by which a connection gets its claims. */
export function claimsNode(claims: GrantedClaims, keys: KeyRing, clock: Clock): RequestReplyNode {
  return new RequestReplyNode((request) => putToken(request, claims, keys, clock));
}

function putToken({ properties, body }: Request, claims: GrantedClaims, keys: KeyRing, clock: Clock): Reply {
  const { operation, type, name } = properties;
  if (operation !== 'put-token' || typeof name !== 'string') {
    return { status: 400, description: 'Only put-token with a name is known.', condition: Condition.notImplemented };
  }
  if (type !== 'servicebus.windows.net:sastoken') return refuse(`Tokens of type '${String(type)}' are not taken here.`);
  const checked = checkSasToken(String(body), name, keys, clock.now());
  if ('refused' in checked) return refuse(checked.refused);
  claims.grant(name, checked);
  return { status: 202, description: 'Accepted' };
}

function refuse(description: string): Reply {
  return { status: 401, description, condition: Condition.unauthorizedAccess };
}
