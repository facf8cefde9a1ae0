import type { Vault } from '@tashika/cloud/secrets';
import { TashikaError } from '@tashika/shared/errors';
import { type Journal, type JournalStore, journalFields, journalOf } from './journal.ts';
import type { KeyInVault, VaultKey } from './ports.ts';
import type { RuleKind } from './slots.ts';

/** The session's part that a rotation needs. */
export type KvSession = Pick<Vault, 'readKv' | 'writeKv'>;

/** How a rule's secret holds its key. */
interface Form {
  readonly path: string;
  read(fields: Readonly<Record<string, string>>): Omit<KeyInVault, 'version'>;
  /** The fields with another key in them. */
  withKey(fields: Readonly<Record<string, string>>, key: string): Readonly<Record<string, string>>;
}

const SEND = 'kv/tashika/event-hubs/send';
const LISTEN = 'kv/tashika/event-hubs/listen';

/** Where each rule's secret lies, and what is in it: SORACOM is told of a key, workers of a connection string. */
const FORMS: Readonly<Record<RuleKind, Form>> = {
  send: {
    path: SEND,
    read: (fields) => ({ key: fieldOf(fields, 'key', SEND), policyName: fieldOf(fields, 'policyName', SEND) }),
    withKey: (fields, key) => ({ ...fields, key }),
  },
  listen: {
    path: LISTEN,
    read: (fields) => {
      const connectionString = fieldOf(fields, 'connectionString', LISTEN);
      return {
        key: partOf(connectionString, 'SharedAccessKey'),
        policyName: partOf(connectionString, 'SharedAccessKeyName'),
      };
    },
    withKey: (fields, key) => ({
      ...fields,
      connectionString: fieldOf(fields, 'connectionString', LISTEN).replace(
        /(?<=(?:^|;)\s*SharedAccessKey=)[^;]*/i,
        () => key, // as it is: a key may hold what a pattern would mean something by
      ),
    }),
  },
};

/** A rule's secret in Vault's key-value engine. */
export class VaultKeyInKv implements VaultKey {
  readonly path: string;
  readonly #vault: KvSession;
  readonly #form: Form;

  constructor(vault: KvSession, rule: RuleKind) {
    this.#vault = vault;
    this.#form = FORMS[rule];
    this.path = this.#form.path;
  }

  async read(): Promise<KeyInVault | undefined> {
    const secret = await this.#vault.readKv(this.path);
    return secret && { ...this.#form.read(secret.data), version: secret.version };
  }

  async write(key: string, version: number): Promise<void> {
    const secret = await this.#vault.readKv(this.path);
    await this.#vault.writeKv(this.path, this.#form.withKey(secret?.data ?? {}, key), { cas: version });
  }
}

/** A rule's journal in Vault's key-value engine. */
export class JournalInKv implements JournalStore {
  readonly path: string;
  readonly #vault: KvSession;

  constructor(vault: KvSession, rule: RuleKind) {
    this.#vault = vault;
    this.path = `kv/tashika/rotation/${rule}`;
  }

  async read(): Promise<{ journal: Journal; version: number } | undefined> {
    const secret = await this.#vault.readKv(this.path);
    return secret && { journal: journalOf(secret.data, this.path), version: secret.version };
  }

  write(journal: Journal, version: number): Promise<number> {
    return this.#vault.writeKv(this.path, journalFields(journal), { cas: version });
  }
}

/**
 * Writes the first secret of a rule, or puts one of Azure's keys in the place of what is there.
 *
 * @returns the path
 */
export async function adoptKey(
  vault: KvSession,
  rule: RuleKind,
  adopted: { readonly policyName: string; readonly key: string; readonly connectionString: string },
): Promise<string> {
  const { path, withKey } = FORMS[rule];
  const { policyName, key, connectionString } = adopted;
  const secret = await vault.readKv(path);
  const fields =
    rule === 'send'
      ? { ...secret?.data, policyName, key }
      : isWhole(secret?.data.connectionString)
        ? withKey({ ...secret!.data, connectionString: renamed(secret!.data.connectionString!, policyName) }, key)
        : { ...secret?.data, connectionString };
  // A deleted secret is nothing to read, and has a version all the same: there is none to go by.
  await vault.writeKv(path, fields, secret && { cas: secret.version });
  return path;
}

/** Whether it has the parts that an adopted key takes the place of. */
function isWhole(connectionString: string | undefined): boolean {
  return ['SharedAccessKeyName', 'SharedAccessKey'].every((name) => partIn(connectionString ?? '', name) !== undefined);
}

function renamed(connectionString: string, policyName: string): string {
  return connectionString.replace(/(?<=(?:^|;)\s*SharedAccessKeyName=)[^;]*/i, () => policyName);
}

/** @throws TashikaError VAULT_SECRET_MISSING */
function fieldOf(fields: Readonly<Record<string, string>>, name: string, path: string): string {
  const value = fields[name];
  if (value) return value;
  throw new TashikaError(
    'VAULT_SECRET_MISSING',
    `The secret at ${path} in Vault has no ${name}. \`tashika rotate adopt-event-hubs-key\` writes it anew from Azure's keys.`,
  );
}

/** @throws TashikaError VAULT_SECRET_MISSING */
function partOf(connectionString: string, name: string): string {
  const part = partIn(connectionString, name);
  if (part !== undefined) return part;
  throw new TashikaError(
    'VAULT_SECRET_MISSING',
    `The connection string at ${LISTEN} in Vault has no ${name}. \`tashika rotate adopt-event-hubs-key --rule listen\` writes it anew from Azure's keys.`,
  );
}

function partIn(connectionString: string, name: string): string | undefined {
  for (const part of connectionString.split(';')) {
    const equals = part.indexOf('=');
    if (part.slice(0, equals).trim().toLowerCase() === name.toLowerCase() && equals > 0) return part.slice(equals + 1);
  }
  return undefined;
}
