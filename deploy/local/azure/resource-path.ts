import { ArmError } from './arm-error.ts';

/** What may be done with a rule. */
export type Operation = 'get' | 'listKeys' | 'regenerateKeys';

/** What a request's path names. */
export interface ResourcePath {
  readonly subscription: string;
  readonly resourceGroup: string;
  readonly namespace: string;
  /** Undefined for a rule of the namespace. */
  readonly hub: string | undefined;
  readonly rule: string;
  readonly operation: Operation;
}

const PATH =
  /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/Microsoft\.EventHub\/namespaces\/([^/]+)(?:\/eventhubs\/([^/]+))?\/authorizationRules\/([^/]+)(?:\/(listKeys|regenerateKeys))?$/i;

/**
 * Reads the path of a request for a rule of a namespace or of a hub. As in Azure, case does not matter.
 *
 * @throws ArmError 404, 405
 */
export function parseResourcePath(method: string, path: string): ResourcePath {
  const found = PATH.exec(path);
  if (!found) throw new ArmError(404, 'InvalidResourceType', `The resource type could not be found for '${path}'.`);
  const [subscription, resourceGroup, namespace, hub, rule, action] = found
    .slice(1)
    .map((part) => (part === undefined ? undefined : decodeURIComponent(part)));
  const operation = operationOf(action);
  const wanted = operation === 'get' ? 'GET' : 'POST';
  if (method !== wanted)
    throw new ArmError(405, 'MethodNotAllowed', `The method '${method}' is not allowed here.`, { allow: wanted });
  return {
    subscription: subscription!,
    resourceGroup: resourceGroup!,
    namespace: namespace!,
    hub,
    rule: rule!,
    operation,
  };
}

function operationOf(action: string | undefined): Operation {
  if (action === undefined) return 'get';
  return action.toLowerCase() === 'listkeys' ? 'listKeys' : 'regenerateKeys';
}
