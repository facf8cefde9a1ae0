import { fileURLToPath } from 'node:url';
import { systemClock } from '@tashika/shared/time';
import { describe, expect, it, onTestFinished } from 'vitest';
import { simOf } from '../local/sims/index.ts';
import { beamKeyOf, funnelGroupOf, sharedAccessKeyOf, userDataOf } from '../local/soracom-api/index.ts';
import { firstSettings, simsOf } from '../local/stack/soracom-account.ts';
import { Rig } from './testing/rig.ts';

const folder = (name: string) => fileURLToPath(new URL(name, import.meta.url));

const AGENT = simOf('127.1.255.1')!;
const DEVICES = [simOf('127.1.0.1')!, simOf('127.1.0.2')!, simOf('127.1.0.3')!];

/** The account that `npm start` has at its first start. */
async function accountOfNpmStart(): Promise<Rig> {
  const send = 'Endpoint=sb://127.0.0.1:5672;SharedAccessKeyName=send;SharedAccessKey=a2V5PT0=;EntityPath=telemetry';
  const sims = simsOf(new Map([AGENT, ...DEVICES].map((sim) => [sim, '13'])));
  const settings = firstSettings({ send, preSharedKey: 'pre-shared-key-of-beam' }, 'http://127.0.0.1:8080/', 1);
  const rig = await Rig.start({ settings, sims });
  onTestFinished(() => rig.close());
  return rig;
}

describe('the example for the stand-ins of npm start', () => {
  it('has something to show, and leaves what works as it is', async () => {
    const rig = await accountOfNpmStart();
    const { out, error } = await rig.run('plan', { directory: folder('example') });
    expect(error).toBeUndefined();
    expect(out).toMatch(/: 1 to create, 4 to change, 0 to delete, in \d+ requests\.\n/);
    expect(out).toContain('+ group canary');
    expect(out).toMatch(
      /~ group tashika\n {4}tags\.team +"field"\n {4}userData\.log\.level +"info"\n {4}userData\.uplink\.batchAgeMs +1000\n\n/,
    );
    expect(out).toContain(`~ SIM ${AGENT.imsi}`);
    expect((await rig.run('apply', { what: folder('example') })).code).toBe(0);
    for (const sim of [AGENT, ...DEVICES]) {
      const { credentialsId, enabled } = funnelGroupOf(rig.api.state, sim)!;
      expect([enabled, sharedAccessKeyOf(rig.api.state, credentialsId, systemClock)?.policyName]).toEqual([
        true,
        'send',
      ]);
      expect(beamKeyOf(rig.api.state, sim, systemClock)).toBe('pre-shared-key-of-beam');
    }
    expect(userDataOf(rig.api.state, AGENT)).toBe('{"log":{"level":"debug"},"uplink":{"batchAgeMs":5000}}');
    const again = await rig.run('drift', { directory: folder('example') });
    expect([again.code, again.out]).toEqual([0, 'Operator OP0012345678, coverage jp: nothing to do.']);
  });
});

describe('the example of a fleet in production', () => {
  it('is whole but for its secrets, which it looks for in Vault before anything is sent', async () => {
    const rig = await accountOfNpmStart();
    const { error } = await rig.run('plan', { directory: folder('example-production') });
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining('VAULT_ADDR is missing') });
    expect(rig.api.state.audit.newest()).toEqual([]);
  });
});
