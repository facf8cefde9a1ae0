import { fingerprintOf } from '@tashika/shared/fingerprint';
import type { Timestamp } from '@tashika/shared/time';
import type { Sim } from '../sims/index.ts';
import type { Account, Settings, SimSeed } from '../soracom-api/index.ts';
import { HUB } from './programs.ts';

const GROUP_ID = '00000000-0000-4000-8000-000000000001';
const FUNNEL_CREDENTIALS = 'azure-eh';
const BEAM_CREDENTIALS = 'beam-psk';
/** SIMs that the account has at most. */
const MOST_SIMS = 65_536;

export interface FirstSecrets {
  /** The Send-only connection string. */
  readonly send: string;
  readonly preSharedKey: string;
}

/** What the account is set to at the first start: one group, whose SIMs reach this machine's hub and cloud program. */
export function firstSettings({ send, preSharedKey }: FirstSecrets, dashboard: string, now: Timestamp): Settings {
  const times = { createDateTime: now, updateDateTime: now };
  const policyName = fieldOf(send, 'SharedAccessKeyName');
  const key = fieldOf(send, 'SharedAccessKey');
  return {
    groups: [
      {
        groupId: GROUP_ID,
        tags: { name: 'tashika' },
        configuration: {
          SoracomAir: { metadata: { enabled: true, readonly: true } },
          SoracomFunnel: {
            enabled: true,
            credentialsId: FUNNEL_CREDENTIALS,
            contentType: 'json',
            destination: {
              provider: 'azure',
              service: 'eventhubs',
              resourceUrl: `https://local.servicebus.windows.net/${HUB}/messages`,
            },
          },
          SoracomBeam: {
            'http://beam.soracom.io:18080': {
              name: 'receipts',
              enabled: true,
              destination: dashboard,
              ...{ addSubscriberHeader: true, addEquipmentHeader: true, addSignature: true },
              psk: { $credentialsId: BEAM_CREDENTIALS },
            },
          },
        },
        createdTime: now,
        lastModifiedTime: now,
      },
    ],
    credentials: [
      {
        credentialsId: FUNNEL_CREDENTIALS,
        type: 'azure-credentials',
        description: `Send key of the hub on this machine ${fingerprintOf(key)}`,
        credentials: { policyName, key },
        ...times,
      },
      {
        credentialsId: BEAM_CREDENTIALS,
        type: 'psk',
        description: `Pre-shared key of Beam on this machine ${fingerprintOf(preSharedKey)}`,
        credentials: { key: preSharedKey },
        ...times,
      },
    ],
    sims: new Map(),
  };
}

/** The account's SIMs, each with the tag of its prefecture, in the one group while nobody moves them. */
export function simsOf(prefs: ReadonlyMap<Sim, string>): readonly SimSeed[] {
  return [...prefs].map(([sim, pref]) => ({ sim, groupId: GROUP_ID, tags: { pref } }));
}

/** Makes a SIM that speaks for the first time the account's, in its first group. */
export function joining(account: Account, sim: Sim): Sim {
  if (!account.settingsOf(sim) && account.sims.length < MOST_SIMS) account.own({ sim, groupId: GROUP_ID });
  return sim;
}

function fieldOf(connectionString: string, name: string): string {
  return new RegExp(`(?:^|;)${name}=([^;]*)`).exec(connectionString)?.[1] ?? '';
}
