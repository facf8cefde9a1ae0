import type { Fingerprint } from '@tashika/shared/fingerprint';

/** A rule of Event Hubs has two keys, and both are good at any time. */
export type Slot = 'primary' | 'secondary';

export const SLOTS: readonly Slot[] = ['primary', 'secondary'];

export type PerSlot<Value> = Readonly<Record<Slot, Value>>;

export function otherThan(slot: Slot): Slot {
  return slot === 'primary' ? 'secondary' : 'primary';
}

/** The slot whose key is this one; undefined where neither is. */
export function slotOf(key: Fingerprint | undefined, keys: PerSlot<Fingerprint>): Slot | undefined {
  return SLOTS.find((slot) => keys[slot] === key);
}

/** The rules that can be rotated: SORACOM sends with one, workers listen with the other. */
export type RuleKind = 'send' | 'listen';
