import { type ErrorCode, messageOf, TashikaError } from '@tashika/shared/errors';
import type { Duration } from '@tashika/shared/time';
import type { VaultResponse } from './transport.ts';

/** What a call wanted, for the sentence of its failure. */
export interface VaultCall {
  readonly verb: 'read' | 'write' | 'list' | 'delete';
  readonly path: string;
}

/** A call that failed: a coded error, and what a session decides by. */
export class VaultFailure extends TashikaError {
  /** The HTTP status; 0 where nothing answered. */
  readonly status: number;
  /** How long Vault asks to be left alone. */
  readonly askedMs: Duration;

  constructor(code: ErrorCode, message: string, { status, askedMs = 0 }: { status: number; askedMs?: Duration }) {
    super(code, message); // without a cause: an error of a request would hold what was sent
    this.status = status;
    this.askedMs = askedMs;
  }
}

/** True where trying again later may do: nobody can be blamed but the network, the load, or who has the unseal keys. */
export function isOutage(error: unknown): boolean {
  return error instanceof TashikaError && (error.code === 'VAULT_UNREACHABLE' || error.code === 'VAULT_SEALED');
}

const CAPABILITIES = { read: 'read', write: 'create and update', list: 'list', delete: 'delete' } as const;
const MOST_REASON = 300;

/** The failure of a call that was not answered. */
export function unanswered(address: string, error: unknown): VaultFailure {
  return new VaultFailure('VAULT_UNREACHABLE', `Vault at ${address} does not answer: ${messageOf(error)}.`, {
    status: 0,
  });
}

/**
 * The failure that an answer other than 200 and 204 is.
 *
 * @param address of Vault
 * @param role whose policies decide, where it is known
 */
export function failureOf(
  { verb, path }: VaultCall,
  response: VaultResponse,
  { address, role }: { readonly address: string; readonly role?: string },
): VaultFailure {
  const { statusCode: status, retryAfterMs: askedMs } = response;
  const errors = errorsOf(response.body);
  const reason =
    errors.length > 0
      ? errors.join('; ').replace(/\s+/g, ' ').replace(/\.$/, '').slice(0, MOST_REASON)
      : `status ${status}`;
  const fail = (code: ErrorCode, message: string) => new VaultFailure(code, message, { status, askedMs });
  if (status === 503 && /sealed/i.test(reason))
    return fail('VAULT_SEALED', `Vault at ${address} is sealed: whoever holds the key shares must unseal it.`);
  if (status === 429)
    return fail('VAULT_UNREACHABLE', `Vault at ${address} has too many requests to answer this one (429): ${path}.`);
  if (status >= 300 && status < 400)
    return fail(
      'VAULT_UNREACHABLE',
      `${address} sends on to another address (${status}) instead of answering: give the address that Vault itself has.`,
    );
  if (status === 403)
    return fail(
      'VAULT_DENIED',
      `Vault denies to ${verb} ${path}: a policy of ${role === undefined ? 'the token' : `the role ${role}`} must give the capability ${CAPABILITIES[verb]} on that path.`,
    );
  // With a reason, it is not the secret that is missing but the engine.
  if (status === 404 && errors.length === 0) return fail('VAULT_SECRET_MISSING', `Vault has nothing at ${path}.`);
  if (status === 404 && /^no handler for route/.test(reason))
    return fail(
      'VAULT_REFUSED',
      `Vault refuses to ${verb} ${path}: nothing is mounted there (${reason}). \`tashika vault apply\` sets it up.`,
    );
  if (status === 400 && /check-and-set/.test(reason))
    return fail('VAULT_CHANGED_MEANWHILE', `${path} was written by somebody else meanwhile.`);
  if (status >= 400 && status < 500) return fail('VAULT_REFUSED', `Vault refuses to ${verb} ${path}: ${reason}.`);
  return fail('VAULT_UNREACHABLE', `Vault at ${address} can't ${verb} ${path} now (${status}): ${reason}.`);
}

function errorsOf(body: unknown): readonly string[] {
  const errors = (body as { errors?: unknown } | null | undefined)?.errors;
  return Array.isArray(errors) ? errors.filter((each): each is string => typeof each === 'string') : [];
}
