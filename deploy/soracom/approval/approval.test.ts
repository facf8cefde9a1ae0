import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Vault } from '@tashika/cloud/secrets';
import { TashikaError } from '@tashika/shared/errors';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadPlan, type Plan, savePlan } from '../plan/index.ts';
import { fleetFiles, SECRETS } from '../testing/fleet-files.ts';
import { Rig } from '../testing/rig.ts';
import { approve, assertApproved } from './index.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');

/** Vault's transit engine, as far as plans need it: ed25519 signatures in Vault's form. */
const vault = {
  read: async () => ({ data: { display_name: 'approle-yuki' } }),
  async write(path: string, body: { input: string; signature?: string }) {
    const input = Buffer.from(body.input, 'base64');
    if (path === 'transit/sign/tashika-plans')
      return { data: { signature: `vault:v1:${sign(null, input, privateKey).toString('base64')}` } };
    if (!body.signature?.startsWith('vault:v1:')) throw new TashikaError('VAULT_REFUSED', 'invalid signature');
    return { data: { valid: verify(null, input, publicKey, Buffer.from(body.signature.slice(9), 'base64')) } };
  },
} as unknown as Vault;

const NOW = Date.UTC(2026, 0, 2);
let rig: Rig;
let file: string;
let plan: Plan;

beforeEach(async () => {
  rig = await Rig.start();
  Object.assign(rig.env, SECRETS);
  await rig.write(fleetFiles());
  await rig.run('plan', { directory: '.', out: 'a.plan' });
  file = join(rig.directory, 'a.plan');
  ({ plan } = loadPlan(file));
});
afterEach(() => rig.close());

describe('a kept plan', () => {
  it('has no secret in it', async () => {
    const text = await readFile(file, 'utf8');
    for (const secret of Object.values(SECRETS)) expect(text).not.toContain(secret);
  });

  it('that can not be kept leaves nothing behind', async () => {
    await mkdir(join(rig.directory, 'folder'));
    const { error } = await rig.run('plan', { directory: '.', out: 'folder' });
    expect(error).toMatchObject({ code: 'CONFIG_UNREADABLE', message: expect.stringContaining("can't be kept in") });
    expect(await readdir(rig.directory)).not.toContain('folder.new');
  });

  it('stays unapproved where the person says no, and that is answered', async () => {
    const { code, answer } = await rig.run('approve', { plan: 'a.plan' }, { yes: false });
    expect([code, answer]).toEqual([1, { approvedBy: null }]);
    expect(loadPlan(file).approval).toBeUndefined();
  });

  it('is applied as it was reviewed, not as the files have become', async () => {
    await rig.write({ 'groups/spare.json': { groups: { spare: { tags: { added: 'later' } } } } });
    expect((await rig.run('apply', { what: 'a.plan' })).code).toBe(0);
    expect(rig.api.state.settings.groups.find(({ tags }) => tags.name === 'spare')!.tags).not.toHaveProperty('added');
  });

  it('is refused where its secret is another one now', async () => {
    rig.env.BEAM_KEY = 'another-key-since-the-plan-was-made';
    const before = rig.state();
    const { error } = await rig.run('apply', { what: 'a.plan' });
    expect(error).toMatchObject({
      code: 'SORACOM_PLAN_STALE',
      message: expect.stringContaining('The secret of the credential tashika-beam is sha256:'),
    });
    expect(rig.state()).toEqual(before);
  });

  it('is refused where somebody has changed the account since', async () => {
    rig.api.state.change((settings) => ({
      ...settings,
      groups: [{ groupId: 'g', tags: { name: 'fleet' }, configuration: {}, createdTime: 1, lastModifiedTime: 1 }],
    }));
    expect((await rig.run('apply', { what: 'a.plan' })).error).toMatchObject({
      code: 'SORACOM_PLAN_STALE',
      message: expect.stringContaining('this has changed in the account: group fleet. Nothing was sent.'),
    });
  });

  it('is refused where it was changed by hand, or is no plan', async () => {
    await writeFile(
      file,
      (await readFile(file, 'utf8')).replaceAll('https://cloud.example', 'https://elsewhere.example'),
    );
    expect((await rig.run('apply', { what: 'a.plan' })).error).toMatchObject({ code: 'SORACOM_PLAN_UNREADABLE' });
    await writeFile(file, '{}');
    expect((await rig.run('apply', { what: 'a.plan' })).error).toMatchObject({ code: 'SORACOM_PLAN_UNREADABLE' });
    expect((await rig.run('apply', { what: 'none.plan' })).error).toMatchObject({ code: 'SORACOM_PLAN_UNREADABLE' });
  });
});

describe('an approval', () => {
  it('holds for the plan that it was given for, and says by whom', async () => {
    const approval = await approve(plan, vault, NOW);
    expect(approval).toMatchObject({ approvedBy: 'approle-yuki', approvedAt: '2026-01-02T00:00:00.000Z' });
    savePlan(file, { plan, madeAt: 'now', approval });
    expect(await assertApproved(loadPlan(file), async () => vault)).toEqual(approval);
  });

  it.each<[string, (approved: { plan: Plan; approval: Awaited<ReturnType<typeof approve>> }) => object]>([
    ['another plan', ({ plan, approval }) => ({ plan: { ...plan, actions: plan.actions.slice(1) }, approval })],
    ['another person', ({ plan, approval }) => ({ plan, approval: { ...approval, approvedBy: 'somebody' } })],
    [
      'another day',
      ({ plan, approval }) => ({ plan, approval: { ...approval, approvedAt: '2027-01-02T00:00:00.000Z' } }),
    ],
    ['no signature', ({ plan, approval }) => ({ plan, approval: { ...approval, signature: 'yes' } })],
    ['nobody', ({ plan }) => ({ plan })],
  ])('does not hold for %s', async (_, changed) => {
    const approved = { plan, approval: await approve(plan, vault, NOW) };
    await expect(
      assertApproved({ madeAt: 'now', ...changed(approved) } as never, async () => vault),
    ).rejects.toMatchObject({
      code: 'SORACOM_PLAN_UNAPPROVED',
    });
  });

  it('is needed where the files say so: neither folder nor unapproved plan is applied', async () => {
    await rig.write({
      'account.json': { account: { operatorId: 'OP0012345678', coverage: 'jp', requireApproval: true } },
    });
    const before = rig.state();
    expect((await rig.run('apply', { what: '.' })).error).toMatchObject({ code: 'SORACOM_PLAN_UNAPPROVED' });
    await rig.run('plan', { directory: '.', out: 'b.plan' });
    const { error } = await rig.run('apply', { what: 'b.plan' });
    expect(error).toMatchObject({ code: 'SORACOM_PLAN_UNAPPROVED' });
    expect(rig.state()).toEqual(before);
  });
});
