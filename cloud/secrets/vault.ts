import type { Clock, Duration } from '@tashika/shared/time';

/** Something that Vault can take back: until then, at most `durationMs` from the moment of the answer, it is good. */
export interface VaultLease {
  readonly id: string;
  readonly durationMs: Duration;
  /** False where it ends with its time, whatever is asked for. */
  readonly renewable: boolean;
}

/** What Vault answered. */
export interface VaultAnswer {
  /** The answer's `data`; empty where it has none. */
  readonly data: Readonly<Record<string, unknown>>;
  /** Where the answer is a dynamic secret, such as credentials of a database. */
  readonly lease?: VaultLease;
  /** Where the answer was asked for wrapped: `token` opens it once. */
  readonly wrapped?: { readonly token: string; readonly ttlMs: Duration };
}

/** A secret of the key-value engine, version 2. */
export interface KvSecret {
  readonly data: Readonly<Record<string, string>>;
  readonly version: number;
}

export interface VaultWriteOptions {
  /** Asks for the answer wrapped: what comes back is a token that opens it once, within this time. */
  readonly wrapTtlMs?: Duration;
}

/**
 * A session with Vault (or OpenBao, which speaks the same). It logs in by itself, renews its token, and logs in anew
 * when its token nears its greatest age or is refused.
 *
 * Paths have no `/v1/` before them: `database/creds/tashika-worker`, `sys/policies/acl/tashika-worker`. Every method
 * throws TashikaError: VAULT_UNREACHABLE (no answer, or none of use), VAULT_SEALED, VAULT_DENIED (names the path and
 * what its policy needs), VAULT_SECRET_MISSING (nothing at the path), VAULT_REFUSED (the request is wrong; the
 * sentence has Vault's reason). No message, and no cause, holds a secret.
 */
export interface Vault {
  read(path: string): Promise<VaultAnswer>;
  /** Creates or updates; what the path does with it is the engine's matter. */
  write(path: string, body?: object, options?: VaultWriteOptions): Promise<VaultAnswer>;
  /** The names below a path; none where there is nothing. */
  list(path: string): Promise<readonly string[]>;
  delete(path: string): Promise<void>;
  /**
   * The latest version of a secret, undefined where there is none or it was deleted.
   *
   * @param path mount and name, `kv/tashika/event-hubs/send`; the mount is the first part
   */
  readKv(path: string): Promise<KvSecret | undefined>;
  /**
   * Writes a new version and answers its number.
   *
   * @param options `cas`: the version that must be the latest still; 0 for a secret that must not be there yet
   * @throws TashikaError VAULT_CHANGED_MEANWHILE where `cas` is not the latest version
   */
  writeKv(path: string, data: Readonly<Record<string, string>>, options?: { readonly cas?: number }): Promise<number>;
  /** Revokes what it was given: its own token with all leases under it. A token that came from outside is left. */
  stop(): Promise<void>;
}

/** A JWT that says who this program is: in a file (Kubernetes, Nomad), or asked of Azure for a managed identity. */
export type JwtFrom =
  | { readonly kind: 'file'; readonly path: string }
  | {
      readonly kind: 'azure';
      /** The audience that the role in Vault is bound to. */
      readonly resource: string;
      /** Names a user-assigned identity. */
      readonly clientId?: string;
      /** IDENTITY_ENDPOINT and IDENTITY_HEADER of Container Apps and App Service; a machine's metadata service, if absent. */
      readonly endpoint?: { readonly url: string; readonly header: string };
    };

/** How a session logs in. Files are read at each login, so that what is put there anew is taken. */
export type VaultAuth =
  /** A token that somebody else made, for the command line. It is renewed where it can be, and not revoked. */
  | { readonly method: 'token'; readonly token: string }
  | {
      readonly method: 'approle';
      /** Where the method is mounted, without `auth/`: `approle`. */
      readonly mount: string;
      readonly roleId: string;
      readonly secretId: SecretId;
    }
  | { readonly method: 'jwt'; readonly mount: string; readonly role: string; readonly jwt: JwtFrom };

/**
 * The secret id of an AppRole: itself, or wrapped in a token that opens once. It is opened at the first login and kept
 * in memory. A token that has been opened already is an alarm: somebody else may have the secret id.
 */
export type SecretId = (
  | { readonly kind: 'value'; readonly value: string }
  | { readonly kind: 'file'; readonly path: string }
) & { readonly wrapped: boolean };

export interface VaultSettings {
  /** `https://…`; plain HTTP to this machine only. */
  readonly address: string;
  readonly namespace?: string;
  /** PEM file of the authorities that Vault's certificate is trusted by; the system's, if absent. */
  readonly caFile?: string;
  readonly auth: VaultAuth;
}

/** The part of pino's interface that sessions log by. */
export interface VaultLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface VaultParts {
  readonly clock: Clock;
  readonly logger: VaultLogger;
  /** Uniform in [0, 1); for the jitter of renewals. Default: Math.random. */
  readonly random?: () => number;
}
