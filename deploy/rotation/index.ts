export { rotateGroup } from './command.ts';
export { type Decision, decide, type Facts, type Obstacle, type Step, stepsAhead } from './decide.ts';
export type { Journal, JournalStore } from './journal.ts';
export type { AzureRule, RotationPorts, SoracomCredential, VaultKey, Witness } from './ports.ts';
export { type Rotated, type RotationOptions, type RunOptions, rotate, type Survey, survey } from './rotate.ts';
export type { RuleKind, Slot } from './slots.ts';
