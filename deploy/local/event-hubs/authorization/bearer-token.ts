import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { messageOf, TashikaError } from '@tashika/shared/errors';
import type { Timestamp } from '@tashika/shared/time';
import type { Claim } from '../keys.ts';
import type { Grant, Refusal } from './sas-token.ts';

/** What Azure's built-in roles allow on the data of a hub. */
const ROLES: Readonly<Record<string, readonly Claim[]>> = {
  'Azure Event Hubs Data Receiver': ['Listen'],
  'Azure Event Hubs Data Sender': ['Send'],
  'Azure Event Hubs Data Owner': ['Manage', 'Send', 'Listen'],
};

/** With and without the slash at its end, as clients ask for it. */
const AUDIENCES = ['https://eventhubs.azure.net', 'https://eventhubs.azure.net/'];

/** Whose tokens are believed, and which role each identity has. */
export interface Identities {
  /** Of who signs the tokens; RSA. */
  readonly publicKey: KeyObject;
  /** By the identity's object id, the token's `oid`; an identity that is not here has none. */
  readonly roles: ReadonlyMap<string, readonly Claim[]>;
}

/**
 * Reads the file that says whose tokens are believed: `{"publicKey": "-----BEGIN PUBLIC KEY-----…", "roles": {"<object
 * id>": "Azure Event Hubs Data Receiver"}}`.
 *
 * @throws TashikaError CONFIG_INVALID
 */
export async function readIdentities(path: string): Promise<Identities> {
  const wrong = (what: string) =>
    new TashikaError('CONFIG_INVALID', `${path} must be {"publicKey": PEM, "roles": {object id: role}}: ${what}.`);
  let content: { readonly publicKey?: unknown; readonly roles?: unknown };
  try {
    content = JSON.parse(await readFile(path, 'utf8')) ?? {};
  } catch (error) {
    throw wrong(messageOf(error));
  }
  const roles = Object.entries((content.roles ?? {}) as Record<string, unknown>).map(([id, role]) => {
    const claims = typeof role === 'string' && Object.hasOwn(ROLES, role) ? ROLES[role]! : undefined;
    if (!claims) throw wrong(`${id} has a role other than ${Object.keys(ROLES).join(', ')}`);
    return [id, claims] as const;
  });
  try {
    return { publicKey: createPublicKey(String(content.publicKey)), roles: new Map(roles) };
  } catch {
    throw wrong('publicKey is no public key');
  }
}

/**
 * Checks a bearer token (RS256) as the service does: signature, audience, and that it is not before its time nor after
 * its end. What its identity may do are its roles: with none, the token is taken, and each link refused.
 * Source: learn.microsoft.com/azure/event-hubs/authorize-access-azure-active-directory; RFC 7519.
 */
export function checkBearerToken(token: string, { publicKey, roles }: Identities, now: Timestamp): Grant | Refusal {
  const [header, payload, signature, ...more] = token.split('.');
  const { alg } = objectIn(header);
  if (!payload || !signature || more.length > 0 || alg !== 'RS256')
    return { refused: 'MalformedToken: The token is not a JSON Web Token signed by RS256.' };
  const isSigned = verify(
    'RSA-SHA256',
    Buffer.from(`${header}.${payload}`),
    publicKey,
    Buffer.from(signature, 'base64url'),
  );
  if (!isSigned) return { refused: 'InvalidSignature: The token has an invalid signature.' };
  const { aud, exp, nbf, oid } = objectIn(payload);
  if (!AUDIENCES.includes(String(aud)))
    return { refused: `InvalidAudience: The token is for the audience '${String(aud)}', and not for ${AUDIENCES[0]}.` };
  const expiresAt = Number(exp) * 1000;
  // A time that is no number is never in the future.
  if (!(expiresAt > now) || Number(nbf ?? 0) * 1000 > now) return { refused: 'ExpiredToken: The token is expired.' };
  return { claims: roles.get(String(oid)) ?? [], expiresAt, signedWith: { endsAt: undefined } };
}

function objectIn(part: string | undefined): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(Buffer.from(part ?? '', 'base64url').toString()) ?? {};
  } catch {
    return {};
  }
}
