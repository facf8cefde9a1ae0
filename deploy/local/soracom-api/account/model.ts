import type { Timestamp } from '@tashika/shared/time';
import type { Sim } from '../../sims/index.ts';
import type { CREDENTIAL_TYPES, NAMESPACES } from '../schema/index.ts';

export type Namespace = (typeof NAMESPACES)[number];
export type CredentialType = (typeof CREDENTIAL_TYPES)[number];
export type Tags = Readonly<Record<string, string>>;

/** What a group is set to, by namespace and key. */
export type Configuration = Readonly<Partial<Record<Namespace, Readonly<Record<string, unknown>>>>>;

export interface Group {
  readonly groupId: string;
  readonly tags: Tags;
  readonly configuration: Configuration;
  readonly createdTime: Timestamp;
  readonly lastModifiedTime: Timestamp;
}

/** A credential with its secrets, which never leave by the API. */
export interface Credential {
  readonly credentialsId: string;
  readonly type: CredentialType;
  readonly description?: string;
  readonly credentials: Readonly<Record<string, string>>;
  readonly createDateTime: Timestamp;
  readonly updateDateTime: Timestamp;
}

/** What is set of a SIM. */
export interface SimSettings {
  /** Undefined for none. */
  readonly groupId?: string;
  readonly tags: Tags;
  readonly lastModifiedTime: Timestamp;
}

/** A SIM of the account, with what it is set to while nobody has set anything else. */
export interface OwnedSim {
  readonly sim: Sim;
  readonly simId: string;
  readonly standard: SimSettings;
}

/** What an account is set to: what is kept from one run to the next. */
export interface Settings {
  readonly groups: readonly Group[];
  readonly credentials: readonly Credential[];
  /** By IMSI: the SIMs whose settings are not their standard ones. */
  readonly sims: ReadonlyMap<string, SimSettings>;
}

export const NO_SETTINGS: Settings = { groups: [], credentials: [], sims: new Map() };
