import { TashikaError } from '@tashika/shared/errors';
import type { AzureRule } from '../ports.ts';
import { type PerSlot, SLOTS, type Slot } from '../slots.ts';
import { type ArmOptions, askAzure } from './client.ts';

/** Where a rule is. */
export interface RuleAddress {
  readonly subscription: string;
  readonly resourceGroup: string;
  readonly namespace: string;
  /** Left out for a rule of the whole namespace. */
  readonly hub?: string | undefined;
  readonly rule: string;
}

const KEY_TYPE: PerSlot<string> = { primary: 'PrimaryKey', secondary: 'SecondaryKey' };

/** What `listKeys` answers. */
export interface RuleKeys {
  readonly keys: PerSlot<string>;
  readonly connectionStrings: PerSlot<string>;
}

/** A rule of Event Hubs over the REST API of Azure Resource Manager. */
export class AzureRuleClient implements AzureRule {
  readonly resource: string;
  readonly name: string;
  readonly #options: ArmOptions;

  constructor(options: ArmOptions, address: RuleAddress) {
    this.#options = options;
    this.resource = resourceIdOf(address);
    this.name = address.rule;
  }

  async rights(): Promise<readonly string[]> {
    const answer = await askAzure(this.#options, { method: 'GET', path: this.resource });
    const rights = (answer as { properties?: { rights?: unknown } } | null)?.properties?.rights;
    if (!Array.isArray(rights)) throw unexpected(this.resource, 'no rights');
    return rights.map(String);
  }

  async keys(): Promise<PerSlot<string>> {
    return (await this.listKeys()).keys;
  }

  async listKeys(): Promise<RuleKeys> {
    const path = `${this.resource}/listKeys`;
    const answer = (await askAzure(this.#options, { method: 'POST', path })) as Record<string, unknown> | null;
    const text = (field: string) => {
      const value = answer?.[field];
      if (typeof value !== 'string' || value === '') throw unexpected(path, `no ${field}`);
      return value;
    };
    return {
      keys: { primary: text('primaryKey'), secondary: text('secondaryKey') },
      connectionStrings: { primary: text('primaryConnectionString'), secondary: text('secondaryConnectionString') },
    };
  }

  /** @throws TashikaError AZURE_REFUSED where the rule has no such key any more */
  async connectionStringWith(key: string): Promise<string> {
    const { keys, connectionStrings } = await this.listKeys();
    const slot = SLOTS.find((each) => keys[each] === key);
    if (slot) return connectionStrings[slot];
    throw new TashikaError('AZURE_REFUSED', `${this.resource} has the key no more that it had a moment ago.`);
  }

  async regenerate(slot: Slot, hold: () => Promise<void>): Promise<void> {
    const path = `${this.resource}/regenerateKeys`;
    await askAzure(this.#options, { method: 'POST', path, body: { keyType: KEY_TYPE[slot] }, once: hold });
  }
}

function resourceIdOf({ subscription, resourceGroup, namespace, hub, rule }: RuleAddress): string {
  const parts = [
    ...['subscriptions', subscription, 'resourceGroups', resourceGroup],
    ...['providers', 'Microsoft.EventHub', 'namespaces', namespace],
    ...(hub === undefined ? [] : ['eventhubs', hub]),
    ...['authorizationRules', rule],
  ];
  return `/${parts.map(encodeURIComponent).join('/')}`;
}

function unexpected(path: string, what: string): TashikaError {
  return new TashikaError('AZURE_REFUSED', `Azure's answer to ${path} has ${what}: is that Azure Resource Manager?`);
}
