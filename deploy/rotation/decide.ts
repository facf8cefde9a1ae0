import type { Fingerprint } from '@tashika/shared/fingerprint';
import { otherThan, type PerSlot, type RuleKind, type Slot, slotOf } from './slots.ts';

/** What a rotation that has begun set out from. */
export interface Beginning {
  /** The slot whose key was in use. */
  readonly inUse: Slot;
  /** The keys that there were, to tell a key that has been made anew. */
  readonly before: PerSlot<Fingerprint>;
}

/** Everything that the next step depends on, as it is now. */
export interface Facts {
  readonly rule: RuleKind;
  /** The keys that Event Hubs takes. */
  readonly azure: PerSlot<Fingerprint>;
  /** The key in Vault; undefined where there is none. */
  readonly vault: Fingerprint | undefined;
  /** The key that SORACOM's credential says it holds; undefined where it says none. Nothing for `listen`. */
  readonly soracom: Fingerprint | undefined;
  /** The rotation that has begun and is not finished. */
  readonly begun: Beginning | undefined;
  /** The key that everybody was seen to use. */
  readonly proved: Fingerprint | undefined;
}

/** One step of the dance. Each has one effect outside, or none. */
export type Step =
  /** Note in the journal what is set out from. */
  | { readonly do: 'begin'; readonly inUse: Slot }
  /** See that everybody uses the key of `slot`, and wait until it is so. */
  | { readonly do: 'prove'; readonly slot: Slot }
  /** Have Azure make a new key in `slot`, which nobody uses. */
  | { readonly do: 'regenerate'; readonly slot: Slot }
  | { readonly do: 'put-in-vault'; readonly slot: Slot }
  | { readonly do: 'put-in-soracom'; readonly slot: Slot }
  /** Close the journal: both keys are new. */
  | { readonly do: 'finish' };

/** Why there is no next step. */
export type Obstacle =
  /** Vault has no key. */
  | { readonly stop: 'vault-empty' }
  /** Vault's key is neither of Azure's: it was changed by hand, here or there. */
  | { readonly stop: 'vault-unknown'; readonly vault: Fingerprint }
  /** SORACOM's credential does not say which key it holds. */
  | { readonly stop: 'soracom-silent' }
  | { readonly stop: 'soracom-unknown'; readonly soracom: Fingerprint }
  /** Both are good, and not the same: no slot is free. */
  | { readonly stop: 'apart'; readonly vault: Fingerprint; readonly soracom: Fingerprint };

export type Decision = Step | Obstacle;

/**
 * The next step of a rotation, from what is, and not from what was done: a run that ends anywhere is gone on with by
 * asking again. A key is made anew only while everybody was seen to use the other one, so nobody is ever left with a
 * key that Azure does not take; that Azure makes a new key at each request is met by comparing with what there was.
 */
export function decide(facts: Facts): Decision {
  const obstacle = obstacleIn(facts);
  const { begun, azure } = facts;
  if (!begun) return obstacle ?? begin(facts);
  const spare = otherThan(begun.inUse);
  const renewed = (slot: Slot) => azure[slot] !== begun.before[slot];
  if (renewed(spare) && !renewed(begun.inUse)) return switchOver(facts, begun.inUse, spare);
  if (obstacle) return obstacle;
  if (renewed(spare) && renewed(begun.inUse)) return { do: 'finish' };
  // The key in use was made anew by somebody else, or another one is in use now.
  if (renewed(begun.inUse) || facts.vault !== azure[begun.inUse]) return begin(facts);
  return regenerateOnceProved(facts, { keeps: begun.inUse, makes: spare });
}

/** The spare key is new and the other one is in use still: brings the new one to everybody, then ends the other one. */
function switchOver(facts: Facts, inUse: Slot, spare: Slot): Decision {
  const { rule, azure, vault, soracom } = facts;
  const unknown = unknownKey(facts);
  if (unknown) return unknown;
  if (vault !== azure[spare]) return { do: 'put-in-vault', slot: spare };
  if (rule === 'send' && soracom !== azure[spare]) return { do: 'put-in-soracom', slot: spare };
  return regenerateOnceProved(facts, { keeps: spare, makes: inUse });
}

function regenerateOnceProved(facts: Facts, { keeps, makes }: { keeps: Slot; makes: Slot }): Step {
  return facts.proved === facts.azure[keeps] ? { do: 'regenerate', slot: makes } : { do: 'prove', slot: keeps };
}

function begin({ vault, azure }: Facts): Step {
  return { do: 'begin', inUse: slotOf(vault, azure)! };
}

function obstacleIn(facts: Facts): Obstacle | undefined {
  const unknown = unknownKey(facts);
  if (unknown) return unknown;
  const { rule, vault, soracom } = facts;
  if (rule === 'send' && vault !== soracom) return { stop: 'apart', vault: vault!, soracom: soracom! };
  return undefined;
}

function unknownKey({ rule, azure, vault, soracom }: Facts): Obstacle | undefined {
  if (vault === undefined) return { stop: 'vault-empty' };
  if (!slotOf(vault, azure)) return { stop: 'vault-unknown', vault };
  if (rule === 'listen') return undefined;
  if (soracom === undefined) return { stop: 'soracom-silent' };
  if (!slotOf(soracom, azure)) return { stop: 'soracom-unknown', soracom };
  return undefined;
}

export function isStep(decision: Decision): decision is Step {
  return 'do' in decision;
}

/** The steps that are still to come if nothing but them happens; keys that are yet to be made are called `new …`. */
export function stepsAhead(facts: Facts): { readonly steps: readonly Step[]; readonly obstacle: Obstacle | undefined } {
  const steps: Step[] = [];
  let now = facts;
  for (;;) {
    const decision = decide(now);
    if (!isStep(decision)) return { steps, obstacle: decision };
    steps.push(decision);
    if (decision.do === 'finish') return { steps, obstacle: undefined };
    now = after(decision, now);
  }
}

/** What is after a step that went well. */
function after(step: Exclude<Step, { do: 'finish' }>, facts: Facts): Facts {
  switch (step.do) {
    case 'begin':
      return { ...facts, begun: { inUse: step.inUse, before: facts.azure } };
    case 'prove':
      return { ...facts, proved: facts.azure[step.slot] };
    case 'regenerate':
      return { ...facts, azure: { ...facts.azure, [step.slot]: `new ${step.slot}` } };
    case 'put-in-vault':
      return { ...facts, vault: facts.azure[step.slot] };
    case 'put-in-soracom':
      return { ...facts, soracom: facts.azure[step.slot] };
  }
}
