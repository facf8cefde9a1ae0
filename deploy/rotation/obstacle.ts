import { TashikaError } from '@tashika/shared/errors';
import type { Facts, Obstacle } from './decide.ts';

/** Where things are, for sentences. */
export interface Places {
  /** The rule's resource id. */
  readonly resource: string;
  /** The secret's path in Vault. */
  readonly vaultPath: string;
  readonly credentialId: string | undefined;
}

/** What stands in the way, as an error that says what to do. */
export function obstacleError(obstacle: Obstacle, { rule, azure }: Facts, places: Places): TashikaError {
  const { vaultPath, credentialId } = places;
  const credential = `SORACOM's credential '${credentialId}'`;
  const azureHas = `Azure's rule has ${azure.primary} (primary) and ${azure.secondary} (secondary)`;
  const adopt = `\`tashika rotate adopt-event-hubs-key --rule ${rule} --key primary\` (or secondary)`;
  switch (obstacle.stop) {
    case 'vault-empty':
      return new TashikaError(
        'VAULT_SECRET_MISSING',
        `Vault has nothing at ${vaultPath}. ${adopt} puts one of Azure's keys there, without a person seeing it.`,
      );
    case 'vault-unknown':
      return new TashikaError(
        'ROTATION_KEY_UNKNOWN',
        `The key in Vault at ${vaultPath} is ${obstacle.vault}, and ${azureHas}: it was changed by hand, here or there, and nothing was done. Find out which of Azure's keys is in use, or whether any is; then ${adopt} puts that one into Vault.`,
      );
    case 'soracom-silent':
      return new TashikaError(
        'ROTATION_KEY_UNKNOWN',
        `${credential} does not say in its description which key it holds, so it was made by hand, and nothing was done. \`tashika soracom apply\` puts Vault's key there, with its fingerprint.`,
      );
    case 'soracom-unknown':
      return new TashikaError(
        'ROTATION_KEY_UNKNOWN',
        `${credential} says that it holds ${obstacle.soracom}, and ${azureHas}: a key was changed by hand, and nothing was done. If Funnel's posts are refused, this is why. \`tashika soracom apply\` puts Vault's key there.`,
      );
    case 'apart':
      return new TashikaError(
        'ROTATION_REFUSED',
        `Vault has ${obstacle.vault} and ${credential} ${obstacle.soracom}: both of Azure's keys are in use, so neither can be made anew. \`tashika soracom apply\` puts Vault's key there; then run this again.`,
      );
  }
}
