import type { DatabaseLogin } from '../store/index.ts';
import type { SecretState } from './kept-secret.ts';
import type { Vault } from './vault.ts';

/** A secret that may change while the program runs. */
export interface ChangingSecret<T> {
  /** The newest; at the start, the one to begin with. */
  readonly value: T;
  /**
   * Hands each newer value to `adopt`, one at a time. If that throws, the one before stays in use, and the newest is
   * tried again.
   */
  into(adopt: (value: T) => Promise<void>): void;
  /** What it is for has refused the one in use: asks soon whether there is a newer one. */
  suspect(): void;
}

/** How the secrets stand; nothing of it is secret. */
export interface SecretsReport {
  /** Whether Vault answered the last call, unsealed. */
  readonly vaultAnswers: boolean;
  readonly secrets: readonly SecretState[];
}

/** Where a program has its secrets from. */
export interface SecretSource {
  /** The connection string of the hub; undefined where none is given, or the program does not read a hub. */
  readonly eventHubs: ChangingSecret<string> | undefined;
  /** Who the program is to the database; undefined where `store.url` says it. */
  readonly database: ChangingSecret<DatabaseLogin> | undefined;
  /** Pre-shared keys that Beam may sign with, the one in use first; undefined where none are given. */
  readonly beam: ChangingSecret<readonly string[]> | undefined;
  /** The session that the secrets come from; undefined for the environment. */
  readonly vault: Vault | undefined;
  /** Undefined for the environment, where nothing changes. */
  report(): SecretsReport | undefined;
  /** Gives back what was leased. */
  stop(): Promise<void>;
}
