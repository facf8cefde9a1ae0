import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { type Clock, type Duration, systemClock } from '@tashika/shared/time';
import type { KeySlot } from '../event-hubs/index.ts';
import { closed, listen, portOf } from '../listening/index.ts';
import { ArmError } from './arm-error.ts';
import { type Operation, parseResourcePath, type ResourcePath } from './resource-path.ts';
import type { AuthorizationRule } from './rules.ts';
import { type AzureRole, Tokens } from './tokens.ts';

export interface AzureOptions {
  readonly host?: string;
  /** 0 for any free port. */
  readonly port?: number;
  readonly subscription: string;
  readonly resourceGroup: string;
  readonly namespace: string;
  readonly rules: readonly AuthorizationRule[];
  readonly clock?: Clock;
}

/** What happens to the next request of an operation. */
export interface AzureFault {
  readonly operation: Operation;
  readonly kind: /** Too many requests: nothing is done, and it says when to try again. */
    | 'throttled'
    /** An error of the service: nothing is done. */
    | 'failed'
    /** The connection is cut before anything is done. */
    | 'request-lost'
    /** It is done, and the connection is cut before the answer. */
    | 'answer-lost';
}

/** A request that was answered, or would have been. */
export interface AzureRequest {
  readonly operation: Operation;
  readonly rule: string;
  readonly hub: string | undefined;
  readonly slot: KeySlot | undefined;
}

export interface Azure {
  /** Where Azure Resource Manager is, such as `http://127.0.0.1:4321`. */
  readonly url: string;
  /** What was done, in its order; not what was refused. */
  readonly done: readonly AzureRequest[];
  /** A bearer token, as `az account get-access-token` answers. Standard: one that may do all, for an hour. */
  issueToken(options?: { readonly role?: AzureRole; readonly lifetimeMs?: Duration }): string;
  /** Lets the next request of an operation fail; several are met in their order. */
  failNext(fault: AzureFault): void;
  close(): Promise<void>;
}

const API_VERSIONS: readonly string[] = ['2024-01-01', '2022-10-01-preview', '2021-11-01'];
const SLOTS: ReadonlyMap<unknown, KeySlot> = new Map([
  ['PrimaryKey', 'primary'],
  ['SecondaryKey', 'secondary'],
]);
const HOUR_MS = 3_600_000;
const RETRY_AFTER_S = 1;

/**
 * Starts a stand-in for the part of Azure Resource Manager that knows the keys of Event Hubs: a rule's rights,
 * `listKeys` and `regenerateKeys`, on a namespace and on a hub, with its bearer tokens and the bodies of its errors.
 * Source: learn.microsoft.com/rest/api/eventhub/authorization-rules-event-hubs
 *
 * @throws TashikaError `PORT_BUSY`
 */
export async function startAzure(options: AzureOptions): Promise<Azure> {
  const { clock = systemClock, host = '127.0.0.1' } = options;
  const tokens = new Tokens(clock);
  const faults: AzureFault[] = [];
  const done: AzureRequest[] = [];

  const server = createServer((request, response) => {
    answer(request).then(
      ({ body, lost }) => (lost ? request.socket.destroy() : send(response, 200, body)),
      (error: unknown) => {
        if (error instanceof ArmError) send(response, error.status, error.body, error.headers);
        else request.socket.destroy();
      },
    );
  });

  async function answer(request: IncomingMessage): Promise<{ body: object; lost: boolean }> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const path = parseResourcePath(request.method ?? '', url.pathname);
    requireApiVersion(url.searchParams.get('api-version'));
    tokens.require(request.headers.authorization, path.operation, url.pathname);
    const rule = ruleAt(path, options);
    const slot = path.operation === 'regenerateKeys' ? await slotOf(request) : undefined;
    const fault = takeFault(path.operation);
    if (fault === 'throttled')
      throw new ArmError(429, 'TooManyRequests', 'The request is being throttled.', {
        'retry-after': String(RETRY_AFTER_S),
      });
    if (fault === 'failed') throw new ArmError(500, 'InternalServerError', 'An unexpected error has occurred.');
    if (fault === 'request-lost') throw new Error('The request is lost.');
    if (slot) await rule.regenerate(slot);
    done.push({ operation: path.operation, rule: rule.name, hub: rule.hub, slot });
    const body = path.operation === 'get' ? resourceOf(rule, url.pathname) : keysOf(rule);
    return { body, lost: fault === 'answer-lost' };
  }

  function takeFault(operation: Operation): AzureFault['kind'] | undefined {
    const index = faults.findIndex((fault) => fault.operation === operation);
    return index < 0 ? undefined : faults.splice(index, 1)[0]!.kind;
  }

  await listen(server, options.port ?? 0, host);
  return {
    url: `http://${host}:${portOf(server)}`,
    done,
    issueToken: ({ role = 'keys', lifetimeMs = HOUR_MS } = {}) => tokens.issue(role, lifetimeMs),
    failNext: (fault) => faults.push(fault),
    close: () => {
      server.closeAllConnections();
      return closed(server);
    },
  };
}

/** @throws ArmError 400 */
function requireApiVersion(version: string | null): void {
  if (version === null)
    throw new ArmError(
      400,
      'MissingApiVersionParameter',
      'The api-version query parameter (?api-version=) is required for all requests.',
    );
  if (!API_VERSIONS.includes(version))
    throw new ArmError(400, 'InvalidApiVersionParameter', `The api-version '${version}' is invalid.`);
}

/** @throws ArmError 404 */
function ruleAt(path: ResourcePath, options: AzureOptions): AuthorizationRule {
  const { subscription, resourceGroup, namespace, hub, rule } = path;
  if (!isSame(subscription, options.subscription))
    throw new ArmError(404, 'SubscriptionNotFound', `The subscription '${subscription}' could not be found.`);
  if (!isSame(resourceGroup, options.resourceGroup))
    throw new ArmError(404, 'ResourceGroupNotFound', `Resource group '${resourceGroup}' could not be found.`);
  if (!isSame(namespace, options.namespace))
    throw new ArmError(
      404,
      'ParentResourceNotFound',
      `Failed to perform the operation: the parent resource '/namespaces/${namespace}' could not be found.`,
    );
  const found = options.rules.find((each) => isSame(each.name, rule) && isSame(each.hub ?? '', hub ?? ''));
  if (found) return found;
  throw new ArmError(404, 'NotFound', `The authorization rule '${rule}' could not be found.`);
}

/** @throws ArmError 400 */
async function slotOf(request: IncomingMessage): Promise<KeySlot> {
  const body = (await json(request).catch(() => undefined)) as { keyType?: unknown } | null | undefined;
  const slot = SLOTS.get(body?.keyType);
  if (slot) return slot;
  throw new ArmError(400, 'BadRequest', "The property 'keyType' must be 'PrimaryKey' or 'SecondaryKey'.");
}

function resourceOf(rule: AuthorizationRule, id: string): object {
  const scope = rule.hub === undefined ? 'Namespaces' : 'Namespaces/EventHubs';
  return {
    id,
    name: rule.name,
    type: `Microsoft.EventHub/${scope}/AuthorizationRules`,
    properties: { rights: rule.rights },
  };
}

function keysOf(rule: AuthorizationRule): object {
  return {
    primaryConnectionString: rule.connectionString('primary'),
    secondaryConnectionString: rule.connectionString('secondary'),
    primaryKey: rule.keyOf('primary'),
    secondaryKey: rule.keyOf('secondary'),
    keyName: rule.name,
  };
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function send(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(JSON.stringify(body));
}
