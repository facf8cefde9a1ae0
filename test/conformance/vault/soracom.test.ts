import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type SoracomApi, startSoracomApi } from '@tashika/deploy/local/soracom-api';
import { soracomGroup } from '@tashika/deploy/soracom';
import { fingerprintOf } from '@tashika/shared/fingerprint';
import { systemClock } from '@tashika/shared/time';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bao, haveBao, startBao } from '../../rig/index.ts';
import { ask, configure, sessionOf, siteOf, tokenWith } from './configured.ts';

const SEND_KEY = 'c2VuZC1rZXktb2YtdGhlLWh1Yi1pbi10aGlzLXRlc3Q=';
const BEAM_KEY = 'pre-shared-key-of-beam-in-this-test';
type Arguments = Parameters<(typeof soracomGroup.commands)[number]['run']>[0];

describe.skipIf(!haveBao())("SORACOM as code, with secrets and approvals of Vault's own", () => {
  const directory = mkdtempSync(join(tmpdir(), 'tashika-soracom-vault-'));
  const files = join(directory, 'files');
  const plan = join(directory, 'reviewed.plan');
  let bao: Bao;
  let api: SoracomApi;
  const tokens: Record<string, string> = {};
  const seen: string[] = [];

  beforeAll(async () => {
    [bao, api] = await Promise.all([startBao({ directory }), startSoracomApi()]);
    const vault = await sessionOf(bao);
    await configure(siteOf(bao), vault);
    await vault.writeKv('kv/tashika/soracom', { ...api.authKey });
    await vault.writeKv('kv/tashika/event-hubs/send', { policyName: 'soracom-send', key: SEND_KEY });
    await vault.stop();
    for (const role of ['tashika-soracom', 'tashika-approver']) tokens[role] = await tokenWith(bao, role);
    mkdirSync(files);
    writeFileSync(
      join(files, 'fleet.json'),
      JSON.stringify({
        account: { operatorId: 'OP0012345678', coverage: 'jp', requireApproval: true },
        credentials: {
          send: {
            type: 'azure-credentials',
            fields: {
              policyName: { vault: 'kv/tashika/event-hubs/send#policyName' },
              key: { vault: 'kv/tashika/event-hubs/send#key' },
            },
          },
          beam: { type: 'psk', fields: { key: { vault: 'kv/tashika/beam#preSharedKey' } } },
        },
        groups: {
          fleet: { funnel: { destination: 'https://ns.servicebus.windows.net/hub/messages', credential: 'send' } },
        },
      }),
    );
  });

  afterAll(async () => {
    await api?.close();
    await bao?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  /** Runs `tashika soracom NAME` with the token of a role. */
  async function run(name: string, args: Arguments, role = 'tashika-soracom') {
    let code: number | undefined;
    let error: (Error & { readonly code?: string }) | undefined;
    const told: string[] = [];
    try {
      code = await soracomGroup.commands
        .find((each) => each.name === name)!
        .run(args, {
          env: { VAULT_ADDR: bao.address, VAULT_TOKEN: tokens[role], SORACOM_ENDPOINT: api.url },
          cwd: directory,
          json: false,
          stdin: Readable.from([]),
          clock: systemClock,
          signal: new AbortController().signal,
          print: (text) => told.push(text),
          answer: () => undefined,
          progress: (text) => told.push(text),
          confirm: async () => true,
        });
    } catch (thrown) {
      error = thrown as Error;
    }
    seen.push(...told, String(error), String(error?.stack), String(error?.cause));
    return { code, error, out: told.join('\n') };
  }

  it('stops at a secret that Vault does not have, names it, and says how to put it there', async () => {
    const { error } = await run('plan', { directory: files });
    expect(error).toMatchObject({
      code: 'VAULT_SECRET_MISSING',
      message:
        'Vault has no preSharedKey at kv/tashika/beam; the credential beam refers to it. Put it there: vault kv put kv/tashika/beam preSharedKey=-',
    });
    expect(api.state.audit.newest()).toEqual([]);
    const root = await sessionOf(bao);
    await root.writeKv('kv/tashika/beam', { preSharedKey: BEAM_KEY });
    await root.stop();
  });

  it('applies nothing that nobody approved, and does not let the one who applies approve', async () => {
    const planned = await run('plan', { directory: files, out: plan });
    expect([planned.code, planned.error]).toEqual([0, undefined]);
    expect(planned.out).toContain(fingerprintOf(SEND_KEY));
    expect((await run('apply', { what: plan })).error).toMatchObject({ code: 'SORACOM_PLAN_UNAPPROVED' });
    expect((await run('approve', { plan })).error).toMatchObject({ code: 'VAULT_DENIED' });
    expect(api.state.settings.groups).toEqual([]);
  });

  it('does not take an approval for a plan that was changed after it', async () => {
    expect((await run('approve', { plan }, 'tashika-approver')).code).toBe(0);
    const approved = JSON.parse(readFileSync(plan, 'utf8'));
    const other = join(directory, 'other.plan');
    writeFileSync(
      other,
      JSON.stringify({ ...approved, approval: { ...approved.approval, approvedBy: 'somebody else' } }),
    );
    expect((await run('apply', { what: other })).error).toMatchObject({ code: 'SORACOM_PLAN_UNAPPROVED' });
    expect(api.state.settings.groups).toEqual([]);
  });

  it('applies what was approved, with the secrets of Vault', async () => {
    const { code, out, error } = await run('apply', { what: plan });
    expect([code, error]).toEqual([0, undefined]);
    expect(out).toMatch(/^Approved by \S+ at \d{4}-/);
    expect(api.state.settings.credentials.map(({ credentials }) => credentials)).toEqual(
      expect.arrayContaining([{ policyName: 'soracom-send', key: SEND_KEY }, { key: BEAM_KEY }]),
    );
    expect((await run('drift', { directory: files })).code).toBe(0);
  });

  it('finds a key that has been changed in Vault since', async () => {
    const changed = await ask(bao, bao.rootToken, 'POST', 'kv/data/tashika/beam', {
      data: { preSharedKey: 'another-key-of-beam' },
    });
    expect(changed.status).toBe(200);
    const { code, out } = await run('drift', { directory: files });
    expect(code).toBe(3);
    expect(out).toContain(`changed (${fingerprintOf(BEAM_KEY)} → ${fingerprintOf('another-key-of-beam')})`);
  });

  it('stops before anything is sent where Vault is sealed', async () => {
    await bao.seal();
    const sent = api.state.audit.newest().length;
    expect((await run('plan', { directory: files })).error).toMatchObject({ code: 'VAULT_SEALED' });
    expect(api.state.audit.newest()).toHaveLength(sent);
    await bao.unseal();
  });

  it('has shown no secret in all of this', () => {
    const all = seen.join('\n') + readFileSync(plan, 'utf8');
    for (const secret of [SEND_KEY, BEAM_KEY, api.authKey.authKey, ...Object.values(tokens)])
      expect(all).not.toContain(secret);
  });
});
