import { systemClock } from '@tashika/shared/time';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { simOf } from '../local/sims/index.ts';
import { type SoracomApi as Standin, startSoracomApi, tellDeliveryError } from '../local/soracom-api/index.ts';
import { SoracomApi } from '../soracom/api/index.ts';
import { funnelFailures, SoracomCredentialInStore } from './soracom-credential.ts';

const ID = 'event-hubs-send';
const SIM = simOf('127.1.0.1')!;

describe("SORACOM's credential", () => {
  let soracom: Standin;
  let api: SoracomApi;

  beforeEach(async () => {
    soracom = await startSoracomApi({ sims: [{ sim: SIM }] });
    onTestFinished(() => soracom.close());
    api = new SoracomApi({ endpoint: soracom.url, authKey: async () => soracom.authKey, clock: systemClock });
    const body = { type: 'azure-credentials', credentials: { policyName: 'send', key: 'old' }, description: 'former' };
    await api.request('POST', `/credentials/${ID}`, { body });
  });

  /** A group whose Funnel sends with a credential. */
  async function groupWith(enabled: boolean, credentialsId: string): Promise<string> {
    const { body } = await api.request('POST', '/groups', { body: { tags: { name: 'g' } } });
    const { groupId } = body as { groupId: string };
    await api.request('PUT', `/groups/${groupId}/configuration/SoracomFunnel`, {
      body: [
        { key: 'enabled', value: enabled },
        { key: 'credentialsId', value: credentialsId },
        {
          key: 'destination',
          value: {
            provider: 'azure',
            service: 'eventhubs',
            resourceUrl: 'https://ns.servicebus.windows.net/telemetry/messages',
          },
        },
      ],
    });
    return groupId;
  }

  it('tells its description, when it was changed and used, and which groups send with it; on all pages', async () => {
    const used = await groupWith(true, ID);
    await groupWith(false, ID);
    await groupWith(true, 'another');
    soracom.faults.pageSize = 1;
    const credential = new SoracomCredentialInStore(api, ID);
    const before = await credential.read();
    expect(before).toMatchObject({ description: 'former', lastUsedAt: undefined, usedBy: [used] });
    soracom.state.use(ID, before!.updatedAt + 5);
    expect(await credential.read()).toEqual({ ...before, lastUsedAt: before!.updatedAt + 5 });
  });

  it('takes key and description together', async () => {
    const credential = new SoracomCredentialInStore(api, ID);
    await credential.write({ policyName: 'send', key: 'new', description: 'later' });
    expect(soracom.state.use(ID, 0)).toMatchObject({
      credentials: { policyName: 'send', key: 'new' },
      description: 'later',
    });
  });

  it('that is not there is undefined', async () => {
    expect(await new SoracomCredentialInStore(api, 'nobody').read()).toBeUndefined();
  });

  it('is followed by the deliveries that failed since a time', async () => {
    const { updatedAt } = (await new SoracomCredentialInStore(api, ID).read())!;
    expect(await funnelFailures(api, updatedAt)).toEqual({ failures: 0, failure: undefined });
    const group = { enabled: true, contentType: 'json', resourceUrl: 'u', credentialsId: ID } as never;
    tellDeliveryError(soracom.state, { sim: SIM, group, reason: 'InvalidSignature' }, systemClock);
    const told = await funnelFailures(api, updatedAt);
    expect(told.failures).toBe(1);
    expect(told.failure).toContain('InvalidSignature');
    expect(await funnelFailures(api, Date.now() + 60_000)).toEqual({ failures: 0, failure: undefined });
  });
});
