import type { Vault } from '@tashika/cloud/secrets';
import { TashikaError } from '@tashika/shared/errors';
import { fingerprintOf } from '@tashika/shared/fingerprint';
import type { Concealment } from '../api/index.ts';
import { type DeclaredCredential, isReference, PLAIN_FIELDS, type SecretReference } from '../declaration/index.ts';
import { canonical, type Resolved } from '../plan/index.ts';

export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Opened where a reference to Vault is met, and not before. */
  readonly vault: () => Promise<Vault>;
  readonly concealment: Concealment;
}

/** Looks references up, each secret of Vault once. */
export class Secrets {
  readonly #sources: SecretSources;
  readonly #read = new Map<string, Promise<Readonly<Record<string, string>> | undefined>>();

  constructor(sources: SecretSources) {
    this.#sources = sources;
  }

  /**
   * A credential's content with every reference looked up.
   *
   * @throws TashikaError `VAULT_…`; `CONFIG_INVALID` for a variable that is not set
   */
  async contentOf(id: string, fields: NonNullable<DeclaredCredential['fields']>): Promise<Record<string, string>> {
    const content: Record<string, string> = {};
    for (const [name, value] of Object.entries(fields)) {
      content[name] = isReference(value) ? await this.#valueOf(value, `the credential ${id}`) : value;
      if (!PLAIN_FIELDS.includes(name)) this.#sources.concealment.add(content[name]);
    }
    return content;
  }

  /** What all credentials of the files come to; throws before any of them is used. */
  async resolve(credentials: Readonly<Record<string, DeclaredCredential>>): Promise<Resolved> {
    const resolved: [string, Resolved[string]][] = [];
    for (const [id, { fields }] of Object.entries(credentials))
      if (fields) resolved.push([id, identityOf(await this.contentOf(id, fields))]);
    return Object.fromEntries(resolved);
  }

  async #valueOf(reference: SecretReference, what: string): Promise<string> {
    return 'env' in reference ? this.#variable(reference.env, what) : this.#field(reference.vault, what);
  }

  #variable(name: string, what: string): string {
    const value = this.#sources.env[name];
    if (value !== undefined && value !== '') return value;
    throw new TashikaError('CONFIG_INVALID', `The variable ${name} is not set; ${what} refers to it.`);
  }

  async #field(reference: string, what: string): Promise<string> {
    const [path, field] = reference.split('#') as [string, string];
    let reading = this.#read.get(path);
    if (!reading) {
      reading = this.#sources.vault().then(async (vault) => (await vault.readKv(path))?.data);
      this.#read.set(path, reading);
    }
    const data = await reading;
    const value = data && Object.hasOwn(data, field) ? data[field] : undefined;
    if (value !== undefined && value !== '') return value;
    throw new TashikaError(
      'VAULT_SECRET_MISSING',
      `Vault has no ${field} at ${path}; ${what} refers to it. Put it there: vault kv ${data ? 'patch' : 'put'} ${path} ${field}=-`,
    );
  }
}

/** What a credential's content is told by: the fingerprint of its key, and what is no secret. */
export function identityOf(content: Readonly<Record<string, string>>): Resolved[string] {
  const secret = Object.entries(content).filter(([name]) => !PLAIN_FIELDS.includes(name));
  const plain = Object.entries(content).filter(([name]) => PLAIN_FIELDS.includes(name));
  const [only] = secret;
  const text = secret.length === 1 && only ? only[1] : canonical(Object.fromEntries(secret));
  return { fingerprint: fingerprintOf(text), plain: Object.fromEntries(plain) };
}
