import { fingerprintOf } from '@tashika/shared/fingerprint';
import { type CommandArguments, type CommandContext, EXIT_DECLINED, type ExitCode } from '../command/index.ts';
import { requireOwnRule } from './precautions.ts';
import { ruleClientOf, vaultOf } from './reach.ts';
import { azureSettingsOf } from './settings.ts';
import type { RuleKind, Slot } from './slots.ts';
import { adoptKey } from './vault-key.ts';

/** `tashika rotate adopt-event-hubs-key`. */
export async function runAdoption(args: CommandArguments, context: CommandContext): Promise<ExitCode> {
  const rule = args.rule as RuleKind;
  const slot = args.key as Slot;
  const azure = ruleClientOf(rule, azureSettingsOf(args, context.env), context);
  const vault = await vaultOf(context);
  try {
    requireOwnRule(rule, { name: azure.name, rights: await azure.rights() }, { vault: undefined });
    const { keys, connectionStrings } = await azure.listKeys();
    const key = keys[slot];
    const fingerprint = fingerprintOf(key);
    const question = `Put the ${slot} key of ${azure.resource} (${fingerprint}) into Vault?`;
    if (!(await context.confirm(question))) {
      context.print('Nothing was done.');
      context.answer({ adopted: null });
      return EXIT_DECLINED;
    }
    const path = await adoptKey(vault, rule, {
      policyName: azure.name,
      key,
      connectionString: connectionStrings[slot],
    });
    const next = rule === 'send' ? ' Bring it to SORACOM with `tashika soracom apply`.' : '';
    context.print(`Vault has ${fingerprint} at ${path} now.${next}`);
    context.answer({ adopted: { rule, key: slot, fingerprint, path } });
    return 0;
  } finally {
    await vault.stop();
  }
}
