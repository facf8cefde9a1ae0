import { TashikaError } from '@tashika/shared/errors';
import type { Duration } from '@tashika/shared/time';
import { type CommandArguments, numberOf, type Option, textOf } from '../command/index.ts';
import { type Coverage, endpointOf } from '../soracom/api/index.ts';
import type { RuleAddress } from './azure/index.ts';
import type { RuleKind } from './slots.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where the rules are, and what Azure is asked with. */
export interface AzureSettings {
  readonly endpoint: string;
  readonly token: string;
  readonly address: Readonly<Record<RuleKind, RuleAddress>>;
}

/** Who uses the keys, and how long is waited for them. */
export interface UserSettings {
  readonly hub: string;
  readonly consumerGroup: string;
  readonly apiUrl: string;
  readonly settleMs: Duration;
  readonly proveWithinMs: Duration;
}

/** The options that both commands have. Names are those that the Terraform modules give. */
export const PLACE_OPTIONS = {
  subscription: { type: 'text', value: 'ID', summary: 'Azure subscription (AZURE_SUBSCRIPTION_ID)' },
  'resource-group': { type: 'text', value: 'NAME', summary: 'Resource group of the namespace', required: true },
  namespace: { type: 'text', value: 'NAME', summary: 'Event Hubs namespace', required: true },
  hub: { type: 'text', value: 'NAME', summary: 'Event hub', standard: 'telemetry' },
  scope: {
    type: 'text',
    choices: ['hub', 'namespace'],
    standard: 'hub',
    summary: 'Whether the rules are of the hub or of the whole namespace',
  },
  'send-rule': { type: 'text', value: 'NAME', summary: 'Rule that SORACOM sends with', standard: 'soracom-send' },
  'listen-rule': { type: 'text', value: 'NAME', summary: 'Rule that workers listen with', standard: 'worker-listen' },
} as const satisfies Readonly<Record<string, Option>>;

/** The further options of a rotation. */
export const ROTATION_OPTIONS = {
  rule: { type: 'text', choices: ['send', 'listen', 'both'], standard: 'both', summary: 'Which keys to rotate' },
  ...PLACE_OPTIONS,
  'consumer-group': {
    type: 'text',
    value: 'NAME',
    summary: 'Consumer group that a reader is tried in',
    standard: '$Default',
  },
  credential: { type: 'text', value: 'ID', summary: "SORACOM's credential that Funnel sends with" },
  coverage: { type: 'text', choices: ['jp', 'g'], standard: 'jp', summary: 'SORACOM platform of the account' },
  api: {
    type: 'text',
    value: 'URL',
    standard: 'http://127.0.0.1:8080',
    summary: "The cloud's API, which tells the key that each worker reads with",
  },
  'settle-seconds': {
    type: 'number',
    value: 'SECONDS',
    standard: 300,
    summary: 'How long Funnel may go by a former key after its credential was changed',
  },
  'wait-minutes': {
    type: 'number',
    value: 'MINUTES',
    standard: 60,
    summary: 'How long to wait, each time, until everybody is seen to use a key',
  },
  unproved: {
    type: 'flag',
    summary: 'Go on when that time is over, although it was not seen; only where you have seen it elsewhere',
  },
  'dry-run': { type: 'flag', summary: 'Only tell what would be done' },
  takeover: { type: 'flag', summary: 'Go on at once where another run was, which is known to have ended' },
} as const satisfies Readonly<Record<string, Option>>;

/** @throws TashikaError USAGE, CONFIG_INVALID */
export function azureSettingsOf(args: CommandArguments, env: Environment): AzureSettings {
  const place = {
    subscription: subscriptionOf(args, env),
    resourceGroup: textOf(args, 'resource-group')!,
    namespace: textOf(args, 'namespace')!,
    ...(textOf(args, 'scope') === 'hub' && { hub: textOf(args, 'hub')! }),
  };
  return {
    endpoint: azureEndpointOf(env),
    token: azureTokenOf(env),
    address: {
      send: { ...place, rule: textOf(args, 'send-rule')! },
      listen: { ...place, rule: textOf(args, 'listen-rule')! },
    },
  };
}

export function userSettingsOf(args: CommandArguments): UserSettings {
  return {
    hub: textOf(args, 'hub')!,
    consumerGroup: textOf(args, 'consumer-group')!,
    apiUrl: textOf(args, 'api')!,
    settleMs: atLeastZero(args, 'settle-seconds') * 1000,
    proveWithinMs: atLeastZero(args, 'wait-minutes') * 60_000,
  };
}

/** Workers first: they tell by themselves what they do, and Funnel needs its time. */
export function rulesOf(args: CommandArguments): readonly RuleKind[] {
  const rule = textOf(args, 'rule')!;
  return rule === 'both' ? ['listen', 'send'] : [rule as RuleKind];
}

/** @throws TashikaError USAGE */
export function credentialOf(args: CommandArguments): string {
  const id = textOf(args, 'credential');
  if (id) return id;
  throw new TashikaError(
    'USAGE',
    "--credential is missing: name SORACOM's credential that Funnel sends with (`soracom credentials list`), or rotate --rule listen alone.",
  );
}

/** @throws TashikaError CONFIG_INVALID, SORACOM_WRONG_ACCOUNT */
export function soracomEndpointOf(args: CommandArguments, env: Environment): string {
  return endpointOf(textOf(args, 'coverage') as Coverage, env);
}

function atLeastZero(args: CommandArguments, name: string): number {
  const value = numberOf(args, name)!;
  if (value >= 0 && Number.isFinite(value)) return value;
  throw new TashikaError('USAGE', `--${name} takes a number from 0 on, not ${value}.`);
}

function subscriptionOf(args: CommandArguments, env: Environment): string {
  const subscription = textOf(args, 'subscription') ?? env.AZURE_SUBSCRIPTION_ID;
  if (subscription) return subscription;
  throw new TashikaError('USAGE', 'Give the Azure subscription by --subscription, or in AZURE_SUBSCRIPTION_ID.');
}

function azureTokenOf({ AZURE_TOKEN }: Environment): string {
  if (AZURE_TOKEN) return AZURE_TOKEN;
  throw new TashikaError(
    'CONFIG_INVALID',
    'AZURE_TOKEN is missing: `export AZURE_TOKEN=$(az account get-access-token --query accessToken --output tsv)`.',
  );
}

/** Another cloud's (`https://management.chinacloudapi.cn`), or a stand-in on this machine. */
function azureEndpointOf({ AZURE_RESOURCE_MANAGER: given }: Environment): string {
  if (!given) return 'https://management.azure.com';
  const url = URL.canParse(given) ? new URL(given) : undefined;
  const local = url?.protocol === 'http:' && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (!url || !(url.protocol === 'https:' || local) || url.username !== '' || url.password !== '')
    throw new TashikaError(
      'CONFIG_INVALID',
      'AZURE_RESOURCE_MANAGER must be https://…, without user and password; http:// is for this machine only.',
    );
  return url.origin;
}
