import { TestClock } from '@tashika/shared/time';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { KeySlot } from '../event-hubs/index.ts';
import { type AuthorizationRule, type Azure, startAzure } from './index.ts';

const SUBSCRIPTION = '00000000-0000-0000-0000-000000000001';
const NAMESPACE = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg-dev/providers/Microsoft.EventHub/namespaces/evhns-dev`;
const VERSION = '?api-version=2024-01-01';

/** A rule whose keys are numbered. */
function ruleOf(name: string, rights: AuthorizationRule['rights'], hub?: string): AuthorizationRule {
  const keys: Record<KeySlot, number> = { primary: 1, secondary: 1 };
  return {
    name,
    rights,
    ...(hub !== undefined && { hub }),
    keyOf: (slot) => `${name}-${slot}-${keys[slot]}`,
    connectionString: (slot) => `Endpoint=sb://x/;SharedAccessKey=${name}-${slot}-${keys[slot]}`,
    regenerate: async (slot) => {
      keys[slot] += 1;
    },
  };
}

describe('Azure Resource Manager', () => {
  const clock = new TestClock();
  let azure: Azure;
  let token: string;

  beforeEach(async () => {
    azure = await startAzure({
      subscription: SUBSCRIPTION,
      resourceGroup: 'rg-dev',
      namespace: 'evhns-dev',
      rules: [ruleOf('send', ['Send']), ruleOf('listen', ['Listen'], 'telemetry')],
      clock,
    });
    onTestFinished(() => azure.close());
    token = azure.issueToken();
  });

  async function ask(method: string, path: string, body?: unknown, bearer = token) {
    const response = await fetch(azure.url + path, {
      method,
      headers: { ...(bearer && { authorization: `Bearer ${bearer}` }), 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  const errorOf = ({ status, body }: Awaited<ReturnType<typeof ask>>) =>
    `${status} ${(body as { error: { code: string } }).error.code}`;

  it("tells a rule's rights, without its keys", async () => {
    const { status, body } = await ask('GET', `${NAMESPACE}/authorizationRules/send${VERSION}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ name: 'send', properties: { rights: ['Send'] } });
    expect(JSON.stringify(body)).not.toContain('send-primary');
  });

  it('lists the keys of a rule of the namespace and of a hub, whatever the case of the path', async () => {
    expect((await ask('POST', `${NAMESPACE}/authorizationRules/send/listKeys${VERSION}`)).body).toMatchObject({
      primaryKey: 'send-primary-1',
      secondaryKey: 'send-secondary-1',
      keyName: 'send',
    });
    const hub = `${NAMESPACE.replace('resourceGroups', 'resourcegroups')}/eventHubs/TELEMETRY`;
    const { body } = await ask('POST', `${hub}/authorizationRules/listen/listKeys${VERSION}`);
    expect(body).toMatchObject({ primaryKey: 'listen-primary-1' });
  });

  it('makes the one key anew that is asked for, each time', async () => {
    const path = `${NAMESPACE}/authorizationRules/send/regenerateKeys${VERSION}`;
    await ask('POST', path, { keyType: 'SecondaryKey' });
    expect((await ask('POST', path, { keyType: 'SecondaryKey' })).body).toMatchObject({
      primaryKey: 'send-primary-1',
      secondaryKey: 'send-secondary-3',
    });
    expect(azure.done.map(({ operation, slot }) => `${operation} ${slot}`)).toEqual([
      'regenerateKeys secondary',
      'regenerateKeys secondary',
    ]);
  });

  it('refuses a request without a token, with one that it does not know, or that has expired', async () => {
    const path = `${NAMESPACE}/authorizationRules/send${VERSION}`;
    expect(errorOf(await ask('GET', path, undefined, ''))).toBe('401 AuthenticationFailed');
    expect(errorOf(await ask('GET', path, undefined, 'made-up'))).toBe('401 InvalidAuthenticationToken');
    const short = azure.issueToken({ lifetimeMs: 1000 });
    await clock.advance(1000);
    expect(errorOf(await ask('GET', path, undefined, short))).toBe('401 ExpiredAuthenticationToken');
  });

  it('refuses keys to a token that may only read', async () => {
    const reader = azure.issueToken({ role: 'reader' });
    const path = `${NAMESPACE}/authorizationRules/send`;
    expect((await ask('GET', path + VERSION, undefined, reader)).status).toBe(200);
    expect(errorOf(await ask('POST', `${path}/listKeys${VERSION}`, undefined, reader))).toBe('403 AuthorizationFailed');
  });

  it.each([
    ['another subscription', NAMESPACE.replace('0001', '0002'), '404 SubscriptionNotFound'],
    ['another resource group', NAMESPACE.replace('rg-dev', 'rg-prod'), '404 ResourceGroupNotFound'],
    ['another namespace', NAMESPACE.replace('evhns-dev', 'evhns-prod'), '404 ParentResourceNotFound'],
    ['another provider', NAMESPACE.replace('EventHub', 'ServiceBus'), '404 InvalidResourceType'],
    ['a hub that lacks the rule', `${NAMESPACE}/eventhubs/telemetry`, '404 NotFound'],
  ])('knows nothing of %s', async (_, path, error) => {
    expect(errorOf(await ask('POST', `${path}/authorizationRules/send/listKeys${VERSION}`))).toBe(error);
  });

  it('refuses another method, a missing or unknown version, and a key that is none', async () => {
    const path = `${NAMESPACE}/authorizationRules/send/regenerateKeys`;
    expect(errorOf(await ask('GET', path + VERSION))).toBe('405 MethodNotAllowed');
    expect(errorOf(await ask('POST', path, { keyType: 'PrimaryKey' }))).toBe('400 MissingApiVersionParameter');
    expect(errorOf(await ask('POST', `${path}?api-version=1999-01-01`, {}))).toBe('400 InvalidApiVersionParameter');
    for (const keyType of ['Tertiary', 'constructor'])
      expect(errorOf(await ask('POST', path + VERSION, { keyType }))).toBe('400 BadRequest');
    expect(azure.done).toEqual([]);
  });

  it('misbehaves when told to: what is done without an answer is done', async () => {
    const path = `${NAMESPACE}/authorizationRules/send/regenerateKeys${VERSION}`;
    for (const kind of ['throttled', 'failed', 'request-lost', 'answer-lost'] as const)
      azure.failNext({ operation: 'regenerateKeys', kind });
    const regenerate = () => ask('POST', path, { keyType: 'PrimaryKey' });
    expect(errorOf(await regenerate())).toBe('429 TooManyRequests');
    expect(errorOf(await regenerate())).toBe('500 InternalServerError');
    await expect(regenerate()).rejects.toThrow();
    expect(azure.done).toEqual([]);
    await expect(regenerate()).rejects.toThrow();
    expect((await regenerate()).body).toMatchObject({ primaryKey: 'send-primary-3' });
  });
});
