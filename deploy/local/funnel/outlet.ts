import type { FunnelGroup } from './group.ts';

/** Where events go, and what they are signed with. */
export interface Outlet {
  readonly hub: string;
  /** With a key that may send. */
  readonly connectionString: string;
}

/** What a credential of type `azure-credentials` holds. */
export interface SharedAccessKey {
  readonly policyName: string;
  readonly key: string;
}

const DESTINATION = /^https:\/\/[^/]+\/([^/?]+)(?:\/messages)?\/?(?:\?.*)?$/;

/** The hub that a group sends to; undefined where its destination is no hub of Event Hubs. */
export function hubOf({ resourceUrl }: FunnelGroup): string | undefined {
  return DESTINATION.exec(resourceUrl)?.[1];
}

/**
 * The connection string of Event Hubs with another policy and key.
 *
 * @param address a connection string of the same Event Hubs
 */
export function signedWith(address: string, { policyName, key }: SharedAccessKey): string {
  const kept = address.split(';').filter((field) => /^(Endpoint|UseDevelopmentEmulator)=/.test(field));
  return [...kept, `SharedAccessKeyName=${policyName}`, `SharedAccessKey=${key}`].join(';');
}
