import { createSign, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openVault, type Vault, type VaultAuth } from '@tashika/cloud/secrets';
import { TestClock } from '@tashika/shared/time';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bao, haveBao, startBao } from '../../rig/index.ts';
import { configure, sessionOf, siteOf } from './configured.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

describe.skipIf(!haveBao())('a session with a real server', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tashika-session-'));
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  let bao: Bao;
  let vault: Vault;
  let clock: TestClock;

  beforeAll(async () => {
    bao = await startBao({ directory });
    vault = await sessionOf(bao);
    const jwt = {
      issuer: 'https://platform.example',
      audience: 'vault',
      publicKeys: [publicKey.export({ type: 'spki', format: 'pem' }).toString()],
      subjects: { worker: 'the-worker' },
    };
    await configure(siteOf(bao, { jwt }), vault);
    await vault.writeKv('kv/tashika/event-hubs/listen', { connectionString: 'of a test' });
    clock = new TestClock();
  });

  afterAll(async () => {
    await vault?.stop();
    await bao?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  function as(auth: VaultAuth): Promise<Vault> {
    return openVault({ address: bao.address, auth }, { clock, logger: quiet });
  }

  /** A JWT as the platform signs it. */
  function jwtOf(subject: string, expiresInS = 600): string {
    const now = Math.floor(Date.now() / 1000);
    const part = (content: object) => Buffer.from(JSON.stringify(content)).toString('base64url');
    const claims = {
      iss: 'https://platform.example',
      aud: 'vault',
      sub: subject,
      iat: now - 700,
      exp: now + expiresInS,
    };
    const text = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`;
    return `${text}.${createSign('RSA-SHA256').update(text).sign(privateKey, 'base64url')}`;
  }

  function jwtAuth(jwt: string): VaultAuth {
    const path = join(directory, 'jwt');
    writeFileSync(path, jwt);
    return { method: 'jwt', mount: 'jwt', role: 'tashika-worker', jwt: { kind: 'file', path } };
  }

  async function wrappedSecretId(): Promise<VaultAuth> {
    const path = 'auth/approle/role/tashika-worker';
    const roleId = String((await vault.read(`${path}/role-id`)).data.role_id);
    const { token } = (await vault.write(`${path}/secret-id`, {}, { wrapTtlMs: 60_000 })).wrapped!;
    return { method: 'approle', mount: 'approle', roleId, secretId: { kind: 'value', value: token, wrapped: true } };
  }

  async function reads(session: Vault): Promise<unknown> {
    return (await session.readKv('kv/tashika/event-hubs/listen'))?.data;
  }

  it("logs in by the platform's JWT, and may do what its role may", async () => {
    const session = await as(jwtAuth(jwtOf('the-worker')));
    expect(await reads(session)).toEqual({ connectionString: 'of a test' });
    await expect(session.readKv('kv/tashika/beam')).rejects.toMatchObject({
      code: 'VAULT_DENIED',
      message: expect.stringContaining('kv/data/tashika/beam: a policy of the role tashika-worker'),
    });
    await session.stop();
  });

  it.each([
    ['of another subject', () => jwtOf('somebody'), /sub/],
    ['that has expired', () => jwtOf('the-worker', -300), /expired/],
    ['that another signed', () => jwtOf('the-worker').slice(0, -20), /verif|signature/],
  ])('is refused a JWT %s, and says why', async (_, jwt, reason) => {
    const error = (await as(jwtAuth(jwt())).catch((thrown: unknown) => thrown)) as Error;
    expect(error).toMatchObject({ code: 'VAULT_DENIED', message: expect.stringMatching(reason) });
    expect(error.message).not.toContain('eyJ');
  });

  it("logs in by Azure's managed identity, as far as its endpoint can be played", async () => {
    const endpoint: Server = createServer((request, response) => {
      const right = request.headers['x-identity-header'] === 'the-header' && /resource=vault/.test(request.url!);
      response.writeHead(right ? 200 : 403).end(JSON.stringify({ access_token: jwtOf('the-worker') }));
    });
    await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/msi/token`;
    const azure = (header: string): VaultAuth => ({
      method: 'jwt',
      mount: 'jwt',
      role: 'tashika-worker',
      jwt: { kind: 'azure', resource: 'vault', endpoint: { url, header } },
    });
    const session = await as(azure('the-header'));
    expect(await reads(session)).toEqual({ connectionString: 'of a test' });
    await session.stop();
    await expect(as(azure('another'))).rejects.toMatchObject({ code: 'VAULT_DENIED' });
    endpoint.close();
  });

  it('opens a wrapped secret id once, and the next who tries raises the alarm', async () => {
    const auth = await wrappedSecretId();
    const session = await as(auth);
    expect(await reads(session)).toEqual({ connectionString: 'of a test' });
    await expect(as(auth)).rejects.toMatchObject({ code: 'VAULT_SECRET_ID_OPENED' });
    await session.stop();
  });

  it('logs in anew with that secret id when somebody revokes its token', async () => {
    const session = await as(await wrappedSecretId());
    await reads(session);
    await clock.advance(60_000);
    await vault.write('sys/leases/revoke-prefix/auth/approle/login');
    expect(await reads(session)).toEqual({ connectionString: 'of a test' });
    await session.stop();
  });

  it('leaves nothing behind when it stops', async () => {
    const before = (await vault.list('auth/token/accessors')).length;
    const session = await as(await wrappedSecretId());
    expect(await vault.list('auth/token/accessors')).toHaveLength(before + 1);
    await session.stop();
    expect(await vault.list('auth/token/accessors')).toHaveLength(before);
  });

  it('learns that the server is sealed, and goes on when it is not', async () => {
    const session = await as(await wrappedSecretId());
    await bao.seal();
    await expect(reads(session)).rejects.toMatchObject({ code: 'VAULT_SEALED' });
    await expect(as(jwtAuth(jwtOf('the-worker')))).rejects.toMatchObject({ code: 'VAULT_SEALED' });
    await bao.unseal();
    expect(await reads(session)).toEqual({ connectionString: 'of a test' });
    await session.stop();
  });
});
