import { type Claim, type EventHubs, type KeySlot, POLICIES, type PolicyName } from '../event-hubs/index.ts';

/** A shared access policy as Azure Resource Manager knows it. */
export interface AuthorizationRule {
  readonly name: string;
  /** Undefined for a rule of the namespace. */
  readonly hub?: string;
  readonly rights: readonly Claim[];
  keyOf(slot: KeySlot): string;
  connectionString(slot: KeySlot): string;
  regenerate(slot: KeySlot): Promise<void>;
}

/** The policies of an Event Hubs stand-in, as rules of its namespace or, with `hub`, of that hub. */
export function rulesOf(eventHubs: EventHubs, hub?: string): readonly AuthorizationRule[] {
  return (Object.keys(POLICIES) as PolicyName[]).map((policy) => ({
    name: policy,
    ...(hub !== undefined && { hub }),
    rights: POLICIES[policy],
    keyOf: (slot) => eventHubs.keyOf(policy, slot),
    connectionString: (slot) => eventHubs.connectionString(policy, hub, slot),
    regenerate: (slot) => eventHubs.regenerateKey(policy, slot),
  }));
}
