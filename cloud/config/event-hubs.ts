import Type, { type Static } from 'typebox';
import { connectionStringProblems } from './connection-string.ts';

/** The hub, and who the program is to it. */
export const eventHubs = Type.Object({
  auth: Type.Union([Type.Literal('connection-string'), Type.Literal('managed-identity')], {
    description:
      '`connection-string`: the hub is read with a key. `managed-identity`: as the managed identity that Azure gives the program, which needs the role *Azure Event Hubs Data Receiver* on the hub; there is no key then.',
    default: 'connection-string',
  }),
  fullyQualifiedNamespace: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9.-]+(:[0-9]+)?$',
      says: 'a host alone, such as NAME.servicebus.windows.net, without sb:// and path',
      description: 'Host of the namespace, `NAME.servicebus.windows.net`; for `managed-identity`.',
    }),
  ),
  azureClientId: Type.Optional(
    Type.String({
      minLength: 1,
      description: 'Client id of a user-assigned identity, for `managed-identity`; the system-assigned one, if absent.',
    }),
  ),
  connectionString: Type.Optional(
    Type.String({
      minLength: 1,
      secret: true,
      description:
        'Connection string with the Listen claim: `Endpoint=sb://…;SharedAccessKeyName=…;SharedAccessKey=…`, with `;UseDevelopmentEmulator=true` for a stand-in. With `auth` `connection-string`, `worker` and `all` need it; `api` does not.',
    }),
  ),
  hub: Type.String({ minLength: 1, description: 'Name of the event hub.', default: 'telemetry' }),
  consumerGroup: Type.String({
    minLength: 1,
    description: 'Consumer group of all the workers that share this store; nothing else may read with it.',
    default: '$Default',
  }),
  namespace: Type.Optional(
    Type.String({
      minLength: 1,
      description:
        'Name under which the positions in the hub are kept; without it, host and port of the connection string, or `fullyQualifiedNamespace`. Name it where the same hub changes its address.',
    }),
  ),
});

/** Rules between the hub's settings; each sentence is a problem, and shows no secret. */
export function hubRules(given: Static<typeof eventHubs>): readonly string[] {
  const { auth, fullyQualifiedNamespace, azureClientId, connectionString, hub } = given;
  const problems: string[] = [];
  if (auth === 'managed-identity') {
    if (fullyQualifiedNamespace === undefined)
      problems.push(
        'eventHubs.fullyQualifiedNamespace is missing: with eventHubs.auth managed-identity it must be the host of the namespace, such as NAME.servicebus.windows.net.',
      );
    if (connectionString !== undefined)
      problems.push(
        'eventHubs.connectionString is set, and eventHubs.auth is managed-identity: take it away, or set eventHubs.auth to connection-string.',
      );
    return problems;
  }
  for (const [name, value] of Object.entries({ fullyQualifiedNamespace, azureClientId }))
    if (value !== undefined)
      problems.push(
        `eventHubs.${name} is set, and eventHubs.auth is connection-string: set it to managed-identity, or take ${name} away.`,
      );
  if (connectionString !== undefined) problems.push(...connectionStringProblems(connectionString, hub));
  return problems;
}
