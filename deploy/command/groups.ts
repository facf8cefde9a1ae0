import type { GroupEntry } from './command-line.ts';
import type { CommandGroup } from './group.ts';

/** A group of the front door; what it can do is loaded only when it is asked for. */
export interface LazyGroup extends GroupEntry {
  load(): Promise<CommandGroup>;
}

/** All groups, in the order of the help. Summaries stand here too, so that `tashika --help` loads none of them. */
export const GROUPS: readonly LazyGroup[] = [
  {
    name: 'run',
    summary: 'Run Tashika on this machine, whole or one stand-in alone',
    load: async () => (await import('../local/command.ts')).runGroup,
  },
  {
    name: 'fleet',
    summary: 'Images for the fleet, and rolling them out in waves that halt themselves',
    load: async () => (await import('../fleet/command.ts')).fleetGroup,
  },
  {
    name: 'soracom',
    summary: "Bring SORACOM's groups, credentials and SIMs to what files say",
    load: async () => (await import('../soracom/command.ts')).soracomGroup,
  },
  {
    name: 'rotate',
    summary: 'Replace keys that programs use, while they use them',
    load: async () => (await import('../rotation/command.ts')).rotateGroup,
  },
  {
    name: 'vault',
    summary: "Vault's own configuration: policies, engines, logins, audit",
    load: async () => (await import('../vault/command.ts')).vaultCommands,
  },
  {
    name: 'terraform',
    summary: 'Try modules and stacks without a cloud',
    load: async () => (await import('../terraform/command.ts')).terraformGroup,
  },
  {
    name: 'catalogue',
    summary: 'The platform modules that a team can use',
    load: async () => (await import('../terraform/command.ts')).catalogueGroup,
  },
  {
    name: 'policy',
    summary: 'Judge plans and job files by policy that only tightens',
    load: async () => (await import('../policy/command.ts')).policyGroup,
  },
  {
    name: 'completion',
    summary: 'Print the script that lets a shell complete tashika',
    load: async () => (await import('./completion.ts')).completionGroup,
  },
];
