import type { Command, CommandGroup } from '../command/index.ts';
import { PLACE_OPTIONS, ROTATION_OPTIONS } from './settings.ts';

const rotateKey: Command = {
  name: 'event-hubs-key',
  summary: 'Replace both keys of the rules that SORACOM sends with and workers listen with, without cutting the flow',
  description: [
    "Tells what it will do, by the keys' fingerprints, and asks before it does anything; --dry-run only tells.",
    "Of a rule's two keys one is in use: Azure makes the other one anew, it goes into Vault and into SORACOM's credential store, and once everybody is seen to use it, the former one is made anew too.",
    'Whenever it ends early, run it again: it goes on from where things are.',
    'Needs AZURE_TOKEN, the variables of Vault (VAULT_ADDR, …), and for the Send rule SORACOM_AUTH_KEY_ID and SORACOM_AUTH_KEY, or kv/tashika/soracom in Vault.',
  ].join('\n\n'),
  options: ROTATION_OPTIONS,
  run: async (args, context) => (await import('./rotation-command.ts')).runRotation(args, context),
};

const adopt: Command = {
  name: 'adopt-event-hubs-key',
  summary: "Put one of Azure's keys into Vault, as the first one or where Vault's is unknown to Azure",
  description:
    "Makes no key anew. After it, `tashika soracom apply` brings the Send rule's key to SORACOM; workers take the Listen rule's by themselves.",
  options: {
    rule: { type: 'text', choices: ['send', 'listen'], required: true, summary: 'Whose key' },
    key: { type: 'text', choices: ['primary', 'secondary'], required: true, summary: "Which of the rule's keys" },
    ...PLACE_OPTIONS,
  },
  run: async (args, context) => (await import('./adoption-command.ts')).runAdoption(args, context),
};

export const rotateGroup: CommandGroup = {
  name: 'rotate',
  summary: 'Replace keys that programs use, while they use them',
  commands: [rotateKey, adopt],
};
