import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Vault } from '@tashika/cloud/secrets';
import { apply } from '@tashika/deploy/vault';
import { TashikaError } from '@tashika/shared/errors';
import { systemClock } from '@tashika/shared/time';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bao, haveBao, startBao } from '../../rig/index.ts';
import { runVault } from './at-the-front-door.ts';
import { ask, planFor, sessionOf, siteOf, tokenWith } from './configured.ts';

describe.skipIf(!haveBao())("Vault's own configuration, applied to a real server", () => {
  const directory = mkdtempSync(join(tmpdir(), 'tashika-vault-'));
  let bao: Bao;
  let env: Readonly<Record<string, string>>;

  beforeAll(async () => {
    bao = await startBao({ directory });
    env = {
      VAULT_ADDR: bao.address,
      VAULT_TOKEN: bao.rootToken,
      TASHIKA_VAULT_SITE: 'test',
      TASHIKA_VAULT_DOMAIN: 'tashika.internal',
      TASHIKA_VAULT_AUDIT_FILE: bao.auditFile,
    };
  });

  afterAll(async () => {
    await bao?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  /** The rest of the environment, with another token. */
  async function as(policy: string) {
    return { ...env, VAULT_TOKEN: await tokenWith(bao, policy) };
  }

  it('is not begun while no audit device is on: it says what the server needs', async () => {
    const elsewhere = { ...env, TASHIKA_VAULT_AUDIT_FILE: '/var/log/vault/audit.log' };
    const { error } = await runVault('apply', {}, elsewhere);
    expect(error).toMatchObject({ code: 'VAULT_AUDIT_OFF' });
    expect(error!.message).toContain(
      'audit "file" "tashika-file" {\n  options {\n    file_path = "/var/log/vault/audit.log"',
    );
    expect((await ask(bao, bao.rootToken, 'GET', 'sys/mounts')).body.data).not.toHaveProperty('kv/');
  });

  it('goes on where a run ended, after whichever change that was', async () => {
    const vault = await sessionOf(bao);
    const site = siteOf(bao);
    const all = (await planFor(site, vault)).changes.length;
    let runs = 0;
    for (let plan = await planFor(site, vault); plan.changes.length > 0; plan = await planFor(site, vault)) {
      runs++;
      const dying = endingAfter(1, vault);
      const parts = { vault: dying, clock: systemClock, signal: new AbortController().signal, progress() {} };
      const error = await apply(plan, parts).catch((thrown: unknown) => thrown);
      if (error !== undefined)
        expect(error).toMatchObject({
          code: 'VAULT_UNREACHABLE',
          message: expect.stringMatching(/\d+ of \d+ changes are made; run it again/),
        });
    }
    expect(runs).toBeGreaterThanOrEqual(all);
    await vault.stop();
  });

  it('has nothing to do a second time', async () => {
    const plan = await runVault('plan', { 'exit-code': true }, env);
    expect([plan.code, plan.printed]).toEqual([0, 'Vault is as declared.']);
    const again = await runVault('apply', {}, env);
    expect([again.code, again.printed]).toEqual([0, 'Vault is as declared.']);
  });

  it('shows what somebody changed by hand, line by line, and puts it right', async () => {
    const root = (method: string, path: string, body: object) => ask(bao, bao.rootToken, method, path, body);
    await root('POST', 'sys/policies/acl/tashika-api', { policy: 'path "kv/data/*" {\n  capabilities = ["read"]\n}' });
    await root('POST', 'sys/policies/acl/tashika-guest', { policy: 'path "kv/*" { capabilities = ["read"] }' });
    await root('POST', 'auth/approle/role/tashika-worker', { token_ttl: '20h' });
    await root('POST', 'sys/mounts/pki/tune', { max_lease_ttl: '90000h' });
    const plan = await runVault('plan', { 'exit-code': true }, env);
    expect(plan.code).toBe(3);
    expect(plan.printed.split('\n')).toEqual([
      '~ sys/policies/acl/tashika-api',
      '    - kv/data/*: capabilities = ["read"]',
      '    + kv/data/tashika/beam: capabilities = ["read"]',
      '    + database/creds/tashika-api: capabilities = ["read"]',
      '    + transit/decrypt/tashika-fields: capabilities = ["update"]',
      '    + transit/datakey/plaintext/tashika-fields: capabilities = ["update"]',
      '    + pki/issue/tashika-service: capabilities = ["update"]',
      '    + auth/token/lookup-self: capabilities = ["read"]',
      '    + auth/token/renew-self: capabilities = ["update"]',
      '    + auth/token/revoke-self: capabilities = ["update"]',
      '    + sys/leases/renew: capabilities = ["update"]',
      '~ sys/mounts/pki',
      '    max_lease_ttl: 324000000 → "43800h"',
      '~ auth/approle/role/tashika-worker',
      '    token_ttl: 72000 → "1h"',
      '? sys/policies/acl/tashika-guest: no file declares it; delete it, or declare it',
      '0 to make, 3 to alter, 1 not declared, 0 in conflict.',
    ]);
    const declined = await runVault('apply', {}, env, '', { yes: false });
    expect([declined.code, declined.answered]).toMatchObject([1, { made: 0 }]);
    expect((await runVault('plan', {}, env)).printed).toContain('3 to alter');
    expect((await runVault('apply', {}, await as('tashika-platform'))).code).toBe(0);
    await root('DELETE', 'sys/policies/acl/tashika-guest', {});
    expect((await runVault('plan', {}, env)).printed).toBe('Vault is as declared.');
  });

  it('refuses another site than the one it was made for', async () => {
    const { error } = await runVault('apply', {}, { ...env, TASHIKA_VAULT_SITE: 'prod' });
    expect(error).toMatchObject({ code: 'VAULT_OF_ANOTHER_SITE' });
    expect(error!.message).toContain('configured for the site test, and the settings are those of prod');
  });

  it('refuses to change what can not be changed, and names it', async () => {
    await ask(bao, bao.rootToken, 'DELETE', 'sys/mounts/transit');
    await ask(bao, bao.rootToken, 'POST', 'sys/mounts/transit', { type: 'transit' });
    await ask(bao, bao.rootToken, 'POST', 'transit/keys/tashika-fields', { type: 'chacha20-poly1305' });
    const { error } = await runVault('apply', {}, env);
    expect(error).toMatchObject({ code: 'VAULT_DIFFERS' });
    expect(error!.message).toContain(
      'transit/keys/tashika-fields has type "chacha20-poly1305", declared is "aes256-gcm96"',
    );
    expect((await ask(bao, bao.rootToken, 'GET', 'transit/keys/tashika-plans')).status).toBe(404);
    await ask(bao, bao.rootToken, 'DELETE', 'sys/mounts/transit');
    expect((await runVault('apply', {}, env)).code).toBe(0);
  });

  it('names all that a token may not do before it changes anything', async () => {
    const platform = await ask(bao, bao.rootToken, 'GET', 'sys/policies/acl/tashika-platform');
    const less = String(platform.body.data!.policy)
      .replace('path "pki/roles/tashika-*"', 'path "pki/roles/other-*"')
      .replace(
        /path "sys\/auth\/\+\/tune" \{\s+capabilities = \[[^\]]+\]/,
        'path "sys/auth/+/tune" { capabilities = ["read"]',
      );
    await ask(bao, bao.rootToken, 'POST', 'sys/policies/acl/less', { policy: less });
    const weak = await as('less');
    expect((await runVault('plan', {}, weak)).error).toMatchObject({
      code: 'VAULT_DENIED',
      message: expect.stringContaining('may not read pki/roles/tashika-service'),
    });
    const check = await runVault('check', {}, weak);
    expect([check.code, check.printed]).toEqual([
      3,
      'The token may not read pki/roles/tashika-service: log in with the policy tashika-platform.',
    ]);
    await ask(bao, bao.rootToken, 'POST', 'sys/policies/acl/less', {
      policy: less.replace('path "pki/roles/other-*"', 'path "pki/roles/tashika-*"'),
    });
    await ask(bao, bao.rootToken, 'POST', 'sys/auth/approle/tune', { description: 'changed' });
    const { error } = await runVault('apply', {}, weak);
    expect(error).toMatchObject({
      code: 'VAULT_DENIED',
      message: expect.stringMatching(/may not create or update sys\/auth\/approle\/tune.*Nothing was changed/s),
    });
  });

  it('is checked: what is missing, what differs, and a root token at work', async () => {
    const root = await runVault('check', {}, env);
    expect([root.code, root.printed.split('\n')]).toEqual([
      3,
      [
        'This is a root token: log in with the policy tashika-platform, and revoke it once that works.',
        'sys/auth/approle is not as declared: apply.',
        'kv/tashika/event-hubs/send is not there: tashika vault put event-hubs/send.',
        'kv/tashika/event-hubs/listen is not there: tashika vault put event-hubs/listen.',
        'kv/tashika/beam is not there: tashika vault put beam.',
        'kv/tashika/soracom is not there: tashika vault put soracom.',
      ],
    ]);
    const secrets = {
      'event-hubs/send': { policyName: 'send', key: 'a' },
      'event-hubs/listen': { connectionString: 'Endpoint=sb://a' },
      soracom: { authKeyId: 'keyId-a', authKey: 'secret-a' },
    };
    const platform = await as('tashika-platform');
    for (const [secret, value] of Object.entries(secrets))
      expect((await runVault('put', { secret }, platform, JSON.stringify(value))).code).toBe(0);
    expect((await runVault('put', { secret: 'beam', generate: true }, platform)).code).toBe(0);
    await runVault('apply', {}, platform);
    const check = await runVault('check', {}, platform);
    expect([check.code, check.printed]).toEqual([0, 'Vault is as it should be.']);
  });

  it('stops at a Vault that is sealed, away, or whose token has ended, and says what to do', async () => {
    const ended = await as('tashika-platform');
    await ask(bao, ended.VAULT_TOKEN!, 'POST', 'auth/token/revoke-self');
    expect((await runVault('plan', {}, ended)).error).toMatchObject({ code: 'VAULT_DENIED' });
    await bao.seal();
    expect((await runVault('plan', {}, env)).error).toMatchObject({ code: 'VAULT_SEALED' });
    await bao.unseal();
    await bao.disconnect();
    expect((await runVault('plan', {}, env)).error).toMatchObject({ code: 'VAULT_UNREACHABLE' });
    await bao.reconnect();
    expect((await runVault('plan', {}, env)).printed).toBe('Vault is as declared.');
  });

  it('takes no secret from a settings file, and no setting that it does not know', async () => {
    const { error } = await runVault('plan', {}, { ...env, TASHIKA_VAULT_DOMAINS: 'a' });
    expect(error!.message).toBe(
      'TASHIKA_VAULT_DOMAINS sets nothing: no setting has that name. Did you mean TASHIKA_VAULT_DOMAIN?',
    );
    const file = join(directory, 'settings.json');
    writeFileSync(file, JSON.stringify({ postgresql: { host: 'db', password: 'of-the-database' } }));
    const ran = await runVault('plan', { settings: file }, env);
    expect(ran.error).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('postgresql.password'),
    });
    expect(ran.seen).not.toContain('of-the-database');
  });
});

/** A session that is cut off after some writes. */
function endingAfter(writes: number, vault: Vault): Vault {
  let left = writes;
  const orCut = <T>(work: () => Promise<T>): Promise<T> =>
    left-- > 0 ? work() : Promise.reject(new TashikaError('VAULT_UNREACHABLE', 'It was cut off.'));
  return {
    read: (path) => vault.read(path),
    list: (path) => vault.list(path),
    readKv: (path) => vault.readKv(path),
    write: (path, body, options) => orCut(() => vault.write(path, body, options)),
    writeKv: (path, data, options) => orCut(() => vault.writeKv(path, data, options)),
    delete: (path) => orCut(() => vault.delete(path)),
    stop: () => vault.stop(),
  } as Vault;
}
