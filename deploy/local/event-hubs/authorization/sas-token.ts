import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Timestamp } from '@tashika/shared/time';
import { type Claim, type KeyRing, POLICIES, type PolicyName, type SigningKey } from '../keys.ts';
import { isWithin, parseEntityAddress } from './entity-address.ts';

/** What a valid token allows, and until when. */
export interface Grant {
  readonly claims: readonly Claim[];
  readonly expiresAt: Timestamp;
  /** What it is signed with; a key of a policy may be regenerated meanwhile. */
  readonly signedWith: Pick<SigningKey, 'endsAt'>;
}

/** Why a token was refused, in the service's words. */
export interface Refusal {
  readonly refused: string;
}

const PREFIX = 'SharedAccessSignature ';

/**
 * Checks a shared access signature for `audience`:
 * `sig = base64(HMAC-SHA256(key, sr + "\n" + se))`, `sr` as it stands in the token, URL-encoded. Both keys of the
 * policy that it names are good.
 * Source: learn.microsoft.com/azure/event-hubs/authenticate-shared-access-signature
 */
export function checkSasToken(token: string, audience: string, keys: KeyRing, now: Timestamp): Grant | Refusal {
  if (!token.startsWith(PREFIX)) return { refused: 'MalformedToken: The token is not a shared access signature.' };
  const fields = new Map(
    token
      .slice(PREFIX.length)
      .split('&')
      .map((field) => {
        const equals = field.indexOf('=');
        return [field.slice(0, equals), field.slice(equals + 1)];
      }),
  );
  const [resource, expiry, policy, signature] = ['sr', 'se', 'skn', 'sig'].map((name) => fields.get(name));
  if (!resource || !expiry || !policy || !signature) {
    return { refused: 'MalformedToken: The token needs sr, se, skn and sig.' };
  }
  const name = decode(policy);
  const signedWith = isPolicy(name)
    ? keys.signingKeys(name).find(({ text }) => isSignedBy(text, `${resource}\n${expiry}`, decode(signature)))
    : undefined;
  if (!signedWith) return { refused: 'InvalidSignature: The token has an invalid signature.' };
  const expiresAt = Number(expiry) * 1000;
  // A time that is no number is never in the future.
  if (!(expiresAt > now)) return { refused: 'ExpiredToken: The token is expired.' };
  if (!isWithin(parseEntityAddress(audience), parseEntityAddress(decode(resource)))) {
    return { refused: `InvalidAudience: The token is not valid for the audience '${audience}'.` };
  }
  return { claims: POLICIES[signedWith.policy], expiresAt, signedWith };
}

function isPolicy(name: string): name is PolicyName {
  return Object.hasOwn(POLICIES, name);
}

function isSignedBy(key: string, text: string, signature: string): boolean {
  const expected = createHmac('sha256', key).update(text).digest();
  const given = Buffer.from(signature, 'base64');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function decode(text: string): string {
  try {
    // Python's quote_plus writes a space as a plus; none of these fields holds either.
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
