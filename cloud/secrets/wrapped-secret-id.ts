import type { VaultCalls } from './calls.ts';
import { isOutage, VaultFailure } from './failure.ts';

/**
 * Opens the token that a secret id is wrapped in. It opens once, so what was in it is kept in memory; a token that
 * somebody has opened before us is an alarm. That it wraps a secret id, and not what somebody put in its place, is
 * asked before it is opened ("Response wrapping", validation of a wrapping token).
 */
export class WrappedSecretId {
  readonly #mount: string;
  readonly #calls: VaultCalls;
  #opened: { readonly token: string; readonly secretId: string } | undefined;

  /** @param mount of the AppRole method */
  constructor(mount: string, calls: VaultCalls) {
    this.#mount = mount;
    this.#calls = calls;
  }

  /** @throws TashikaError VAULT_SECRET_ID_OPENED, VAULT_UNREACHABLE, VAULT_SEALED */
  async open(token: string): Promise<string> {
    if (this.#opened?.token === token) return this.#opened.secretId;
    const createdBy = (await this.#askOnce(token, 'lookup', { body: { token } })).creation_path;
    if (
      typeof createdBy !== 'string' ||
      !createdBy.startsWith(`auth/${this.#mount}/role/`) ||
      !createdBy.endsWith('/secret-id')
    )
      throw alarm(`it does not wrap a secret id of auth/${this.#mount}, but an answer of ${createdBy}`);
    const { secret_id: secretId } = await this.#askOnce(token, 'unwrap', { token });
    if (typeof secretId !== 'string') throw alarm('there was no secret id in it');
    this.#opened = { token, secretId };
    return secretId;
  }

  async #askOnce(
    token: string,
    what: 'lookup' | 'unwrap',
    options: { body?: object; token?: string },
  ): Promise<Readonly<Record<string, unknown>>> {
    try {
      return (await this.#calls.ask({ verb: 'write', path: `sys/wrapping/${what}` }, options)).data;
    } catch (error) {
      if (!(error instanceof VaultFailure) || isOutage(error)) throw error;
      throw alarm(`it has been opened before, or has expired (${error.message.replaceAll(token, '…')})`);
    }
  }
}

function alarm(reason: string): VaultFailure {
  return new VaultFailure(
    'VAULT_SECRET_ID_OPENED',
    `The token that the secret id is wrapped in can't be opened: ${reason}. If nobody of yours opened it, somebody else may have the secret id: destroy it, read the audit log, and issue a new one.`,
    { status: 400 },
  );
}
