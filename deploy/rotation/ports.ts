import type { Timestamp } from '@tashika/shared/time';
import type { JournalStore } from './journal.ts';
import type { PerSlot, Slot } from './slots.ts';

/** The rule at Azure. */
export interface AzureRule {
  /** Its resource id. */
  readonly resource: string;
  readonly name: string;
  /** What its keys may do, such as `Send`. */
  rights(): Promise<readonly string[]>;
  keys(): Promise<PerSlot<string>>;
  /**
   * Makes a new key in `slot`, at each call another one.
   *
   * @param hold awaited before each request: one that Azure has put off goes out only while the rotation is this run's
   */
  regenerate(slot: Slot, hold: () => Promise<void>): Promise<void>;
}

/** What Vault has of the rule. */
export interface KeyInVault {
  readonly key: string;
  /** The rule that it says it is of. */
  readonly policyName: string;
  readonly version: number;
}

/** The rule's secret in Vault, out of which SORACOM's configuration and workers are fed. */
export interface VaultKey {
  /** Where it is, for sentences. */
  readonly path: string;
  read(): Promise<KeyInVault | undefined>;
  /**
   * Puts another key in the place of the one that was read.
   *
   * @param version the version that must be the latest still
   * @throws TashikaError VAULT_CHANGED_MEANWHILE
   */
  write(key: string, version: number): Promise<void>;
}

/** What SORACOM tells of its credential; the key itself it tells nobody. */
export interface CredentialFacts {
  readonly description: string;
  readonly updatedAt: Timestamp;
  /** When it was used last, by SORACOM's word; undefined where it never was. */
  readonly lastUsedAt: Timestamp | undefined;
  /** The groups whose Funnel is switched on with it. */
  readonly usedBy: readonly string[];
}

/** The credential that Funnel signs with. */
export interface SoracomCredential {
  readonly id: string;
  /** Undefined where there is none of that name. */
  read(): Promise<CredentialFacts | undefined>;
  /** Sets key and description in one request. */
  write(parts: { readonly policyName: string; readonly key: string; readonly description: string }): Promise<void>;
}

/** Who sees whether everybody uses a key. */
export interface Witness {
  /**
   * What is still to be seen before it is known that everybody uses this key, as sentences; none where it is known.
   * Whatever can't be asked is a doubt too.
   *
   * @param soracom what SORACOM tells of its credential, for the rule that it sends with
   */
  doubts(key: string, soracom: CredentialFacts | undefined): Promise<readonly string[]>;
}

/** All that a rotation of one rule deals with. */
export interface RotationPorts {
  readonly azure: AzureRule;
  readonly vault: VaultKey;
  /** For the rule that SORACOM sends with. */
  readonly soracom?: SoracomCredential;
  readonly journal: JournalStore;
  readonly witness: Witness;
}

/** The keys themselves, beside what is told of them. They leave this module to Vault and to SORACOM alone. */
export interface Keys {
  readonly azure: PerSlot<string>;
  readonly vault: KeyInVault | undefined;
  readonly soracom: CredentialFacts | undefined;
}
