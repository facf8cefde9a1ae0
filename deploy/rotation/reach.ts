import { openVault, type Vault, vaultSettingsFromEnvironment } from '@tashika/cloud/secrets';
import type { CommandContext } from '../command/index.ts';
import { SoracomApi } from '../soracom/api/index.ts';
import { authKeyFrom } from '../soracom/surroundings.ts';
import { AzureRuleClient } from './azure/index.ts';
import type { RotationPorts, Witness } from './ports.ts';
import type { AzureSettings, UserSettings } from './settings.ts';
import type { RuleKind } from './slots.ts';
import { funnelFailures, SoracomCredentialInStore } from './soracom-credential.ts';
import { JournalInKv, VaultKeyInKv } from './vault-key.ts';
import { askWorkers, hubProbe, listeningWitness, sendingWitness } from './witness/index.ts';

/** Everything that a run talks with. */
export interface Reach {
  readonly context: CommandContext;
  readonly vault: Vault;
  readonly azure: AzureSettings;
  readonly users: UserSettings;
  /** Where the Send rule is rotated. */
  readonly soracom: SoracomReach | undefined;
}

export interface SoracomReach {
  readonly api: SoracomApi;
  readonly credentialId: string;
}

const NO_LOG = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** A session by the environment's variables; what it meets is told by the errors of what is asked of it. */
export function vaultOf({ env, clock }: CommandContext): Promise<Vault> {
  return openVault(vaultSettingsFromEnvironment(env), { clock, logger: NO_LOG });
}

export function ruleClientOf(rule: RuleKind, azure: AzureSettings, { clock, signal }: CommandContext): AzureRuleClient {
  return new AzureRuleClient({ endpoint: azure.endpoint, token: azure.token, clock, signal }, azure.address[rule]);
}

/** SORACOM's API with the key of the environment, or the one in Vault. */
export function soracomApiOf({ env, clock, signal }: CommandContext, vault: Vault, endpoint: string): SoracomApi {
  return new SoracomApi({
    endpoint,
    clock,
    signal,
    authKey: () => authKeyFrom(env, async () => vault),
  });
}

/** What the rotation of a rule deals with. */
export function portsOf(rule: RuleKind, reach: Reach): RotationPorts {
  const azure = ruleClientOf(rule, reach.azure, reach.context);
  const common = { azure, vault: new VaultKeyInKv(reach.vault, rule), journal: new JournalInKv(reach.vault, rule) };
  if (rule === 'listen') return { ...common, witness: witnessOfWorkers(azure, reach) };
  const { api, credentialId } = reach.soracom!;
  return {
    ...common,
    soracom: new SoracomCredentialInStore(api, credentialId),
    witness: witnessOfFunnel(azure, api, reach),
  };
}

function witnessOfFunnel(azure: AzureRuleClient, api: SoracomApi, { users, context }: Reach): Witness {
  return sendingWitness({
    probe: hubProbe(users.hub, users.consumerGroup, context.clock),
    connectionStringOf: (key) => azure.connectionStringWith(key),
    failuresSince: (time) => funnelFailures(api, time),
    settleMs: users.settleMs,
    clock: context.clock,
  });
}

function witnessOfWorkers(azure: AzureRuleClient, { users, context }: Reach): Witness {
  return listeningWitness({
    probe: hubProbe(users.hub, users.consumerGroup, context.clock),
    connectionStringOf: (key) => azure.connectionStringWith(key),
    workers: () => askWorkers(users.apiUrl, context.clock),
  });
}
