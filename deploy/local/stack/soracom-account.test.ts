import { createHash } from 'node:crypto';
import { systemClock } from '@tashika/shared/time';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { simIdOf, simOf } from '../sims/index.ts';
import {
  beamKeyOf,
  funnelGroupOf,
  metadataTagsOf,
  type SoracomApi,
  sharedAccessKeyOf,
  startSoracomApi,
} from '../soracom-api/index.ts';
import { Client } from '../soracom-api/testing/index.ts';
import { firstSettings, joining, simsOf } from './soracom-account.ts';

const SIM = simOf('127.1.0.1')!;
const STRANGER = simOf('127.1.200.1')!;
const SEND =
  'Endpoint=sb://127.0.0.1:5672;SharedAccessKeyName=send;SharedAccessKey=a2V5PT0=;UseDevelopmentEmulator=true;EntityPath=telemetry';

let api: SoracomApi;

beforeEach(async () => {
  const secrets = { send: SEND, preSharedKey: 'pre-shared-key-of-beam' };
  api = await startSoracomApi({
    settings: firstSettings(secrets, 'http://127.0.0.1:8080/', 1),
    sims: simsOf(new Map([[SIM, '04']])),
  });
  onTestFinished(() => api.close());
});

describe('the account of npm start', () => {
  it('lets its SIMs reach the hub and the cloud program of this machine', () => {
    const group = funnelGroupOf(api.state, SIM)!;
    expect(group).toMatchObject({ enabled: true, contentType: 'json', payloadsOnly: false });
    expect(group.resourceUrl).toContain('/telemetry/');
    expect(sharedAccessKeyOf(api.state, group.credentialsId, systemClock)).toEqual({
      policyName: 'send',
      key: 'a2V5PT0=',
    });
    expect(beamKeyOf(api.state, SIM, systemClock)).toBe('pre-shared-key-of-beam');
    expect(metadataTagsOf(api.state, SIM)).toEqual({ pref: '04' });
  });

  it('is shown as the schema has it, with a fingerprint of each key and nothing else of it', async () => {
    const client = new Client(api);
    await client.logIn();
    expect((await client.all('/groups')).items).toMatchObject([{ tags: { name: 'tashika' } }]);
    const { items } = await client.all('/credentials');
    const digest = createHash('sha256').update('a2V5PT0=').digest('hex').slice(0, 12);
    expect(items[0].description).toContain(`sha256:${digest}`);
    expect(JSON.stringify(items)).not.toMatch(/a2V5|pre-shared-key-of-beam/);
  });

  it('is joined by a SIM that speaks for the first time, and its group left as anybody set it', async () => {
    expect(funnelGroupOf(api.state, STRANGER)).toBeUndefined();
    expect(funnelGroupOf(api.state, joining(api.state, STRANGER))?.enabled).toBe(true);
    const client = new Client(api);
    await client.logIn();
    expect((await client.ask('POST', `/sims/${simIdOf(STRANGER)}/unset_group`)).status).toBe(200);
    expect(funnelGroupOf(api.state, joining(api.state, STRANGER))).toBeUndefined();
  });
});
