import { TashikaError } from '@tashika/shared/errors';
import type { Keys } from './ports.ts';
import type { RuleKind } from './slots.ts';

const RIGHT: Readonly<Record<RuleKind, string>> = { send: 'Send', listen: 'Listen' };

/**
 * Makes sure that this is the rule that it is taken for: one right and no other, and named so wherever its key lies.
 *
 * @throws TashikaError ROTATION_REFUSED
 */
export function requireOwnRule(
  rule: RuleKind,
  azure: { readonly name: string; readonly rights: readonly string[] },
  { vault }: Pick<Keys, 'vault'>,
): void {
  const right = RIGHT[rule];
  if (azure.rights.length !== 1 || azure.rights[0] !== right)
    throw refused(
      `Rule '${azure.name}' has the rights ${azure.rights.join(', ') || '(none)'}; the one to rotate as '${rule}' must have ${right} and nothing else. Name it with --${rule}-rule. If it is the one, its key may do more than it needs: give it ${right} alone (\`deploy/terraform\`) first.`,
    );
  if (vault && vault.policyName.toLowerCase() !== azure.name.toLowerCase())
    throw refused(
      `The key in Vault is of rule '${vault.policyName}', and this is about rule '${azure.name}'. Name the rule that is meant with --${rule}-rule.`,
    );
}

/**
 * Makes sure that SORACOM sends with the credential.
 *
 * @throws TashikaError ROTATION_REFUSED
 */
export function requireUsedCredential(id: string, { soracom }: Pick<Keys, 'soracom'>): void {
  if (!soracom)
    throw refused(
      `SORACOM has no credential '${id}'. Name the one that Funnel uses with --credential, or make it with \`tashika soracom apply\`.`,
    );
  if (soracom.usedBy.length === 0)
    throw refused(
      `No group sends through Funnel with SORACOM's credential '${id}', so nothing could show that a new key in it is good. Name the one that Funnel uses with --credential.`,
    );
}

function refused(sentence: string): TashikaError {
  return new TashikaError('ROTATION_REFUSED', sentence);
}
