import {
  type CheckpointStore,
  EventHubConsumerClient,
  type EventHubConsumerClientOptions,
  MessagingError,
  type TokenCredential,
} from '@azure/event-hubs';
import { messageOf, TashikaError } from '@tashika/shared/errors';
import { type CloudConfiguration, connectionStringProblems, endpointOf } from '../config/index.ts';
import type { HubAddress } from './partition.ts';

/** Tokens of the identity that the program runs under. */
export interface HubCredential {
  /** The identity, as a sentence names it. */
  readonly name: string;
  /** @throws TashikaError EVENT_HUBS_UNAUTHORIZED, EVENT_HUBS_UNREACHABLE */
  getToken(): Promise<{ readonly token: string; readonly expiresOnTimestamp: number }>;
}

/** The settings of a process that reads the hub: by a key, or as an identity. */
export type HubSettings = Pick<CloudConfiguration['eventHubs'], 'hub' | 'consumerGroup' | 'namespace'> &
  (
    | { readonly connectionString: string; readonly identity?: undefined }
    | {
        readonly connectionString?: undefined;
        readonly fullyQualifiedNamespace: string;
        readonly identity: HubCredential;
      }
  );

/**
 * @param identity needed where `eventHubs.auth` is `managed-identity`
 * @throws TashikaError CONFIG_INVALID where what it reads with is missing or can't be used
 */
export function hubSettingsOf(
  { eventHubs }: Pick<CloudConfiguration, 'eventHubs'>,
  identity?: HubCredential | undefined,
): HubSettings {
  const { connectionString, hub, consumerGroup, namespace, auth, fullyQualifiedNamespace } = eventHubs;
  const place = { hub, consumerGroup, ...(namespace !== undefined && { namespace }) };
  if (auth === 'managed-identity') {
    if (fullyQualifiedNamespace !== undefined && identity) return { ...place, fullyQualifiedNamespace, identity };
    throw new TashikaError(
      'CONFIG_INVALID',
      'eventHubs.auth is managed-identity, and the namespace or the identity is missing.',
    );
  }
  if (connectionString === undefined)
    throw new TashikaError(
      'CONFIG_INVALID',
      'eventHubs.connectionString is missing: a process that reads the hub needs one with the Listen claim. (environment: TASHIKA_CLOUD_EVENT_HUBS_CONNECTION_STRING)',
    );
  const problems = connectionStringProblems(connectionString, hub);
  if (problems.length > 0) throw new TashikaError('CONFIG_INVALID', problems.join('\n'));
  return { ...place, connectionString };
}

/** The same hub, read with another key. */
export function withKey({ hub, consumerGroup, namespace }: HubSettings, connectionString: string): HubSettings {
  return { hub, consumerGroup, connectionString, ...(namespace !== undefined && { namespace }) };
}

/** The hub as the store names it: by `eventHubs.namespace`, or by host and port of where it is reached. */
export function hubAddressOf(settings: HubSettings): HubAddress {
  const { hub, consumerGroup, namespace } = settings;
  const host = settings.identity
    ? settings.fullyQualifiedNamespace.toLowerCase()
    : endpointOf(settings.connectionString)!;
  return { namespace: namespace ?? host, hub, consumerGroup };
}

/** The SDK's client for these settings. */
export function hubClient(
  settings: HubSettings,
  options: EventHubConsumerClientOptions,
  checkpoints?: CheckpointStore,
): EventHubConsumerClient {
  const { consumerGroup: group, hub } = settings;
  if (settings.identity) {
    const { fullyQualifiedNamespace: host } = settings;
    const credential = retried(settings.identity);
    return checkpoints
      ? new EventHubConsumerClient(group, host, hub, credential, checkpoints, options)
      : new EventHubConsumerClient(group, host, hub, credential, options);
  }
  return checkpoints
    ? new EventHubConsumerClient(group, settings.connectionString, hub, checkpoints, options)
    : new EventHubConsumerClient(group, settings.connectionString, hub, options);
}

/** The SDK retries what it knows as an error of its own; for any other it gives the partition up. */
function retried(identity: HubCredential): TokenCredential {
  return {
    async getToken() {
      try {
        return await identity.getToken();
      } catch (error) {
        throw new MessagingError(messageOf(error));
      }
    },
  };
}

/** Why the hub does not let it read, and what to do; `because` is the hub's own sentence. */
export function refusalOf(settings: HubSettings, because: string): string {
  const { hub, identity } = settings;
  if (!identity)
    return `Event Hubs does not let the connection string read ${hub}: its key needs the Listen claim. ${because}`;
  return `Event Hubs does not let ${identity.name} read ${hub}: it needs the role Azure Event Hubs Data Receiver on the event hub ${hub} of ${settings.fullyQualifiedNamespace} (a new role counts after some minutes). ${because}`;
}
