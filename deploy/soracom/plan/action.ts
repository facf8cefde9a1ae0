import type { Configuration, Tags } from '../account/index.ts';
import type { SecretReference } from '../declaration/index.ts';

/** One field that is to be another. A secret is told by its fingerprint. */
export interface Change {
  readonly field: string;
  /** Undefined for what is not there. */
  readonly before?: unknown;
  /** Undefined for what is to go. */
  readonly after?: unknown;
  readonly secret?: true;
}

/** What a credential is to hold. Secrets are references; `fingerprint` is of the secret that was found there. */
export interface CredentialContent {
  readonly type: string;
  readonly description: string;
  readonly fields: Readonly<Record<string, string | SecretReference>>;
  readonly fingerprint: string;
}

/** Values of a namespace's keys: an object is laid over the one that is there, anything else takes its place. */
export type Values = Readonly<Record<string, unknown>>;

/** What is done: one request to the API, which can be repeated, or whose outcome can be seen. */
export type Deed =
  | ({ readonly do: 'create-credential' | 'update-credential'; readonly credential: string } & CredentialContent)
  | { readonly do: 'delete-credential'; readonly credential: string }
  | { readonly do: 'create-group'; readonly group: string; readonly tags: Tags; readonly configuration: Configuration }
  | { readonly do: 'set-group-tags'; readonly group: string; readonly tags: Tags }
  | { readonly do: 'delete-group-tag'; readonly group: string; readonly tag: string }
  | { readonly do: 'configure-group'; readonly group: string; readonly namespace: string; readonly values: Values }
  | { readonly do: 'delete-group-key'; readonly group: string; readonly namespace: string; readonly key: string }
  | { readonly do: 'clear-namespace'; readonly group: string; readonly namespace: string }
  | { readonly do: 'delete-group'; readonly group: string }
  | { readonly do: 'set-sim-tags'; readonly sim: string; readonly tags: Tags }
  | { readonly do: 'delete-sim-tag'; readonly sim: string; readonly tag: string }
  | { readonly do: 'move-sim'; readonly sim: string; readonly group: string }
  | { readonly do: 'release-sim'; readonly sim: string };

/** A deed, with what a person looks at before it is done. */
export type Action = Deed & {
  readonly changes: readonly Change[];
  /** What people call the SIM; its id is in `sim`. */
  readonly imsi?: string;
};

/** What an action is about: `group:NAME`, `credential:ID`, `sim:ID`. Groups go by their names: ids are yet to come. */
export function subjectOf(deed: Deed): string {
  if ('credential' in deed) return `credential:${deed.credential}`;
  if ('sim' in deed) return `sim:${deed.sim}`;
  return `group:${deed.group}`;
}

/** The order in which subjects come: what is referred to is there before what refers to it, and goes after it. */
export const PHASES: readonly (readonly Deed['do'][])[] = [
  ['create-credential', 'update-credential'],
  ['create-group', 'clear-namespace', 'delete-group-key', 'configure-group', 'set-group-tags', 'delete-group-tag'],
  ['move-sim', 'release-sim', 'set-sim-tags', 'delete-sim-tag'],
  ['delete-group'],
  ['delete-credential'],
];

export function phaseOf(deed: Deed): number {
  return PHASES.findIndex((phase) => phase.includes(deed.do));
}
