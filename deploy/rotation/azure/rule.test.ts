import { type Clock, systemClock, TestClock } from '@tashika/shared/time';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type AuthorizationRule, type Azure, startAzure } from '../../local/azure/index.ts';
import type { Slot } from '../slots.ts';
import { AzureRuleClient, type RuleAddress } from './index.ts';

const ADDRESS: RuleAddress = {
  subscription: '00000000-0000-0000-0000-000000000001',
  resourceGroup: 'rg-dev',
  namespace: 'evhns-dev',
  hub: 'telemetry',
  rule: 'send',
};

/** Waits for answers, and not between two tries. */
const clock: Clock = {
  now: () => systemClock.now(),
  monotonic: () => systemClock.monotonic(),
  after: (delayMs, callback) => systemClock.after(delayMs, callback),
  sleep: async () => {},
};

const held = async () => {};

function numberedRule(name: string, hub?: string): AuthorizationRule {
  const numbers: Record<Slot, number> = { primary: 1, secondary: 1 };
  const keyOf = (slot: Slot) => `${hub ?? 'namespace'}-${slot}-${numbers[slot]}`;
  return {
    name,
    rights: ['Send'],
    ...(hub !== undefined && { hub }),
    keyOf,
    connectionString: (slot) => `Endpoint=sb://x/;SharedAccessKey=${keyOf(slot)}`,
    regenerate: async (slot) => {
      numbers[slot] += 1;
    },
  };
}

describe('a rule at Azure', () => {
  let azure: Azure;

  beforeEach(async () => {
    const { subscription, resourceGroup, namespace } = ADDRESS;
    const rules = [numberedRule('send'), numberedRule('send', 'telemetry')];
    azure = await startAzure({ subscription, resourceGroup, namespace, rules });
    onTestFinished(() => azure.close());
  });

  const clientOf = (address: Partial<RuleAddress> = {}, token = azure.issueToken()) =>
    new AzureRuleClient({ endpoint: azure.url, token, clock }, { ...ADDRESS, ...address });

  it('tells its rights and keys, of a hub or of the namespace, and makes the key anew that is asked for', async () => {
    const rule = clientOf();
    expect(await rule.rights()).toEqual(['Send']);
    await rule.regenerate('secondary', held);
    expect(await rule.keys()).toEqual({ primary: 'telemetry-primary-1', secondary: 'telemetry-secondary-2' });
    expect(await rule.connectionStringWith('telemetry-secondary-2')).toContain('AccessKey=telemetry-secondary-2');
    await expect(rule.connectionStringWith('telemetry-secondary-1')).rejects.toMatchObject({ code: 'AZURE_REFUSED' });
    expect((await clientOf({ hub: undefined }).keys()).primary).toBe('namespace-primary-1');
  });

  it('that is throttled is asked again, also for a new key, which is made once', async () => {
    azure.failNext({ operation: 'listKeys', kind: 'throttled' });
    azure.failNext({ operation: 'regenerateKeys', kind: 'throttled' });
    const rule = clientOf();
    await rule.regenerate('primary', held);
    expect((await rule.keys()).primary).toBe('telemetry-primary-2');
  });

  it('that has put a new key off is asked again only while the rotation is held still', async () => {
    azure.failNext({ operation: 'regenerateKeys', kind: 'throttled' });
    let asked = 0;
    const lost = new Error('Another run has taken it over.');
    const hold = async () => {
      asked += 1;
      if (asked === 2) throw lost;
    };
    await expect(clientOf().regenerate('primary', hold)).rejects.toBe(lost);
    expect((await clientOf().keys()).primary).toBe('telemetry-primary-1');
  });

  it.each(['failed', 'request-lost', 'answer-lost'] as const)(
    'that answers no new key (%s) is not asked for another one, and for keys it is asked again',
    async (kind) => {
      azure.failNext({ operation: 'regenerateKeys', kind });
      azure.failNext({ operation: 'listKeys', kind });
      const rule = clientOf();
      await expect(rule.regenerate('primary', held)).rejects.toMatchObject({ code: 'AZURE_UNREACHABLE' });
      expect((await rule.keys()).primary).toBe(`telemetry-primary-${kind === 'answer-lost' ? 2 : 1}`);
    },
  );

  it.each([
    ['subscription', { subscription: '00000000-0000-0000-0000-000000000002' }, 'SubscriptionNotFound'],
    ['resource group', { resourceGroup: 'rg-prod' }, 'ResourceGroupNotFound'],
    ['namespace', { namespace: 'evhns-prod' }, 'ParentResourceNotFound'],
    ['rule', { rule: 'sned' }, 'NotFound'],
  ])('in a wrong %s is not found, in Azure’s words', async (_, address, code) => {
    await expect(clientOf(address).keys()).rejects.toMatchObject({
      code: 'AZURE_NOT_FOUND',
      message: expect.stringContaining(`404 ${code}: `),
    });
  });

  it('refuses a token that has expired or may not do it; neither the token nor a key is in the sentence', async () => {
    const azuresClock = new TestClock();
    const { subscription, resourceGroup, namespace } = ADDRESS;
    const rules = [numberedRule('send', 'telemetry')];
    const aged = await startAzure({ subscription, resourceGroup, namespace, rules, clock: azuresClock });
    onTestFinished(() => aged.close());
    const [short, reader] = [aged.issueToken({ lifetimeMs: 1000 }), aged.issueToken({ role: 'reader' })];
    await azuresClock.advance(1000);
    for (const [token, sentence] of [
      [short, 'ExpiredAuthenticationToken'],
      [reader, 'listKeys/action'],
    ] as const) {
      const rule = new AzureRuleClient({ endpoint: aged.url, token, clock }, ADDRESS);
      const error = await rule.keys().catch((reason: Error) => reason);
      expect(error).toMatchObject({ code: 'AZURE_DENIED', message: expect.stringContaining(sentence) });
      expect(String((error as Error).stack)).not.toContain(token);
    }
  });

  it('at an address where something else answers says so', async () => {
    const elsewhere = { endpoint: azure.url, token: 't', clock };
    const page = async () => new Response('<html>', { status: 200 });
    const rule = new AzureRuleClient({ ...elsewhere, fetch: page }, ADDRESS);
    await expect(rule.rights()).rejects.toMatchObject({
      code: 'AZURE_UNREACHABLE',
      message: expect.stringContaining('something that is not JSON'),
    });
  });
});
