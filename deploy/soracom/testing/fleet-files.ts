import { simOf } from './rig.ts';

/** Secrets of the environment that the files refer to. */
export const SECRETS = {
  SEND_KEY: 'c2VuZC1rZXktb2YtdGhlLWZsZWV0LWluLXRlc3RzISE=',
  BEAM_KEY: 'beam-pre-shared-key-of-the-tests',
} as const;

export const account = { operatorId: 'OP0012345678', coverage: 'jp' } as const;

/** A whole fleet: credentials, two groups, three SIMs. */
export function fleetFiles(): Record<string, unknown> {
  return {
    'account.json': { account },
    'credentials.json': {
      credentials: {
        'tashika-send': {
          type: 'azure-credentials',
          description: 'Send key for Funnel',
          fields: { policyName: 'soracom-send', key: { env: 'SEND_KEY' } },
        },
        'tashika-beam': { type: 'psk', fields: { key: { env: 'BEAM_KEY' } } },
      },
    },
    'groups/fleet.json': {
      groups: {
        fleet: {
          tags: { team: 'field' },
          funnel: { destination: 'https://ns.servicebus.windows.net/telemetry/messages', credential: 'tashika-send' },
          beam: {
            'http://beam.soracom.io:18080': {
              name: 'receipts',
              destination: 'https://cloud.example',
              headers: { imsi: true, imei: true, signature: true },
              preSharedKey: { credential: 'tashika-beam' },
            },
          },
          metadata: { enabled: true },
          userData: { uplink: { batchAgeMs: 5_000 }, log: { level: 'warn' } },
        },
      },
    },
    'groups/spare.json': { groups: { spare: { funnel: null, metadata: { enabled: false } } } },
    'sims.json': {
      sims: [{ imsi: simOf(2).imsi, group: null, tags: { state: 'shelf' } }],
      simLists: ['sims.csv'],
    },
    'sims.csv': `imsi,group,tags.pref,tags.name\n${simOf(0).imsi},fleet,13,"Kanda, roof"\n${simOf(1).imsi},spare,27,\n`,
  };
}
