/** A body of a request to Vault, or of its answer. */
export type Fields = Readonly<Record<string, unknown>>;

/** One thing that Vault is to have: what it must say when it is read, and how it is made to say so. */
export interface Declared {
  /** Its path in Vault's API, `auth/approle/role/tashika-worker`: how it is known in a plan. */
  readonly path: string;
  /** Where it is read. */
  readonly read: string;
  /** Where many are read at once: the key of this one, `kv/`. */
  readonly within?: string;
  /** What is given when it is made and can't be changed after. */
  readonly fixed: Fields;
  /** What can be changed; only these fields are compared. */
  readonly body: Fields;
  /** The whole of the request that makes it, where that is not `fixed` and `body` side by side. */
  readonly creation?: Fields;
  /** Where `body` is written once it is there; `path`, if absent. */
  readonly update?: string;
  /** Secrets that it is made with, by field. They are compared with nothing, and shown nowhere. */
  readonly first?: Readonly<Record<string, () => string>>;
  /** A path that is written once after it was made; that it was is noted in Vault, so that a crash costs nothing. */
  readonly afterwards?: string;
  /** Vault asks for `sudo` to write it. */
  readonly sudo?: boolean;
}

/** A list in Vault whose entries beginning with `tashika-` are ours: one that no file declares should not be there. */
export interface OwnedList {
  readonly path: string;
}

/** All that Vault is to have, in the order in which it is made. */
export interface Declaration {
  readonly audit: readonly AuditDevice[];
  readonly things: readonly Declared[];
  readonly lists: readonly OwnedList[];
}

/** Where every request is written to. */
export interface AuditDevice {
  readonly path: string;
  readonly type: 'file' | 'socket';
  readonly options: Readonly<Record<string, string>>;
}
