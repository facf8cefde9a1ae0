import { generateKeyPairSync, sign, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openingBy, openSealing } from '@tashika/cloud/sealing';
import type { Vault } from '@tashika/cloud/secrets';
import { auditStanza, declarationOf } from '@tashika/deploy/vault';
import { systemClock } from '@tashika/shared/time';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bao, haveBao, startBao, until } from '../../rig/index.ts';
import { runVault } from './at-the-front-door.ts';
import { ask, configure, sessionOf, siteOf } from './configured.ts';

const ISSUER = 'https://nomad.tashika.internal';
const AUDIENCE = 'vault';
const SUBJECT = 'global:default:tashika-worker:worker';

describe.skipIf(!haveBao())('what the engines give, on a real server', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tashika-engines-'));
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  /** All that was secret, for the last test. */
  const secrets: string[] = [];
  let bao: Bao;
  let vault: Vault;
  let env: Readonly<Record<string, string>>;

  /** What the audit device that is a socket sent. */
  let received = '';
  const receiver = createServer((socket) => socket.on('data', (part) => (received += part)));

  beforeAll(async () => {
    receiver.listen(0, '127.0.0.1');
    await once(receiver, 'listening');
    const audit = { stdout: true, socket: `127.0.0.1:${(receiver.address() as AddressInfo).port}` };
    // As `apply` tells to put them into the server's configuration.
    const stanzas = declarationOf({ site: 'test', domain: 'tashika.internal', audit }).audit.map(auditStanza);
    bao = await startBao({ directory, configuration: stanzas.join('\n') });
    vault = await sessionOf(bao);
    const publicKeys = [publicKey.export({ type: 'spki', format: 'pem' }).toString().trim()];
    const jwt = { publicKeys, issuer: ISSUER, audience: AUDIENCE, subjects: { worker: SUBJECT } };
    await configure(siteOf(bao, { jwt, audit: { ...audit, file: bao.auditFile } }), vault);
    env = { VAULT_ADDR: bao.address, VAULT_TOKEN: bao.rootToken };
    secrets.push(bao.rootToken);
  });

  afterAll(async () => {
    await vault?.stop();
    await bao?.stop();
    receiver.close();
    rmSync(directory, { recursive: true, force: true });
  });

  function secret(text: unknown): string {
    secrets.push(String(text));
    return String(text);
  }

  /** Logs in by AppRole with a secret id that is given out wrapped. */
  async function loggedIn(role: string): Promise<string> {
    const { answered } = await runVault('secret-id', { role, ttl: '5m' }, env);
    const { roleId, wrappingToken } = answered as { roleId: string; wrappingToken: string };
    const opened = await ask(bao, secret(wrappingToken), 'POST', 'sys/wrapping/unwrap');
    const secretId = secret(opened.body.data!.secret_id);
    const login = await ask(bao, '', 'POST', 'auth/approle/login', { role_id: roleId, secret_id: secretId });
    return secret(login.body.auth!.client_token);
  }

  function jwtOf(subject: string, audience = AUDIENCE): string {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: ISSUER, aud: audience, sub: subject, iat: now, nbf: now, exp: now + 300 };
    const content = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`;
    return `${content}.${sign('sha256', Buffer.from(content), privateKey).toString('base64url')}`;
  }

  it('a secret id is given out wrapped: it opens once, and logs in as its role alone', async () => {
    const { printed, answered, seen } = await runVault('secret-id', { role: 'worker', ttl: '10m' }, env);
    const { roleId, wrappingToken, opensUntil } = answered as Record<'roleId' | 'wrappingToken' | 'opensUntil', string>;
    expect(printed).toBe(
      `role id            ${roleId}\nwrapped secret id  ${wrappingToken}\nIt opens once, until ${opensUntil}.`,
    );
    const opened = await ask(bao, secret(wrappingToken), 'POST', 'sys/wrapping/unwrap');
    const secretId = secret(opened.body.data!.secret_id);
    expect(seen).not.toContain(secretId);
    expect((await ask(bao, wrappingToken, 'POST', 'sys/wrapping/unwrap')).status).toBe(400);
    const login = await ask(bao, '', 'POST', 'auth/approle/login', { role_id: roleId, secret_id: secretId });
    expect(login.body.auth).toMatchObject({ policies: ['tashika-worker'], lease_duration: 3600 });
    secret(login.body.auth!.client_token);
  });

  it.each(['2h', '0s', '10', 'soon'])('no secret id is wrapped for %s', async (ttl) => {
    const { error } = await runVault('secret-id', { role: 'worker', ttl }, env);
    expect(error).toMatchObject({
      code: 'USAGE',
      message: `--ttl is ${ttl}; it must be a time from 1s to 1h, such as 10m.`,
    });
  });

  it('a platform that vouches for a program by a JWT lets it in as its role, and nobody else', async () => {
    const login = (jwt: string, role = 'tashika-worker') => ask(bao, '', 'POST', 'auth/jwt/login', { role, jwt });
    const good = await login(secret(jwtOf(SUBJECT)));
    expect(good.body.auth).toMatchObject({ policies: ['tashika-worker'] });
    secret(good.body.auth!.client_token);
    expect((await login(jwtOf('global:default:other:other'))).status).toBe(400);
    expect((await login(jwtOf(SUBJECT, 'elsewhere'))).status).toBe(400);
    expect((await login(jwtOf(SUBJECT), 'tashika-api')).status).toBe(400); // has no subject, so it was not made
  });

  it('the worker seals fields with keys that the API alone is told again, also after the key was rotated', async () => {
    const [worker, api] = [await loggedIn('worker'), await loggedIn('api')];
    const dataKey = async () => {
      const { data } = (await ask(bao, worker, 'POST', 'transit/datakey/plaintext/tashika-fields')).body;
      secret(data!.plaintext);
      return data!;
    };
    const first = await dataKey();
    await vault.write('transit/keys/tashika-fields/rotate');
    const second = await dataKey();
    expect([first.ciphertext, second.ciphertext]).toEqual([
      expect.stringMatching(/^vault:v1:/),
      expect.stringMatching(/^vault:v2:/),
    ]);
    for (const { ciphertext, plaintext } of [first, second]) {
      const opened = await ask(bao, api, 'POST', 'transit/decrypt/tashika-fields', { ciphertext });
      expect(opened.body.data!.plaintext).toBe(plaintext);
      expect((await ask(bao, worker, 'POST', 'transit/decrypt/tashika-fields', { ciphertext })).status).toBe(403);
    }
  });

  it('what the worker has sealed, the API opens, and the worker does not', async () => {
    const [worker, api] = [await sessionOf(bao, await loggedIn('worker')), await sessionOf(bao, await loggedIn('api'))];
    const key = 'transit/tashika-fields';
    const logger = { debug() {}, info() {}, warn() {}, error() {} };
    const sealing = await openSealing({ fields: ['gps/*'], key }, { vault: worker, clock: systemClock, logger });
    const sealed = sealing.seal('35.681236', 'here');
    sealing.stop();
    expect((await openingBy(api, key, systemClock).open(sealed, 'here')).toString()).toBe('35.681236');
    await expect(openingBy(worker, key, systemClock).open(sealed, 'here')).rejects.toMatchObject({
      code: 'VAULT_DENIED',
    });
    await Promise.all([worker.stop(), api.stop()]);
  });

  it('who approves signs a plan, and who applies can tell it from another', async () => {
    const [approver, soracom] = [await loggedIn('approver'), await loggedIn('soracom')];
    const input = Buffer.from('the plan').toString('base64');
    const { body } = await ask(bao, approver, 'POST', 'transit/sign/tashika-plans', { input });
    const { signature } = body.data!;
    const verify = async (text: string) =>
      (
        await ask(bao, soracom, 'POST', 'transit/verify/tashika-plans', {
          input: Buffer.from(text).toString('base64'),
          signature,
        })
      ).body.data!.valid;
    expect([await verify('the plan'), await verify('another plan')]).toEqual([true, false]);
    expect((await ask(bao, soracom, 'POST', 'transit/sign/tashika-plans', { input })).status).toBe(403);
  });

  it('a service has a certificate for a name below the domain, for three days at most', async () => {
    const api = await loggedIn('api');
    const issue = (common_name: string, more = {}) =>
      ask(bao, api, 'POST', 'pki/issue/tashika-service', { common_name, ...more });
    const { body } = await issue('api.tashika.internal', { ttl: '720h' });
    secret(body.data!.private_key);
    const certificate = new X509Certificate(String(body.data!.certificate));
    const root = new X509Certificate(String(body.data!.issuing_ca));
    expect([certificate.subjectAltName, certificate.verify(root.publicKey), root.ca]).toEqual([
      'DNS:api.tashika.internal',
      true,
      true,
    ]);
    const hours = (Date.parse(certificate.validTo) - Date.now()) / 3_600_000;
    expect(hours).toBeGreaterThan(71);
    expect(hours).toBeLessThanOrEqual(72);
    for (const name of [
      'tashika.internal',
      'api.example.com',
      '*.tashika.internal',
      'localhost',
      'tashika.internal.example.com',
    ])
      expect([name, (await issue(name)).status]).toEqual([name, 400]);
    expect((await issue('api.tashika.internal', { ip_sans: '10.0.0.1' })).status).toBe(400);
  });

  it('a secret that comes from elsewhere is put there from standard input, and shown nowhere', async () => {
    const value = secret('FaKe+SaS/KeY=of-the-send-rule');
    const ran = await runVault(
      'put',
      { secret: 'event-hubs/send' },
      env,
      JSON.stringify({ policyName: 'send', key: value }),
    );
    expect([ran.code, ran.printed]).toEqual([0, 'kv/tashika/event-hubs/send has version 1.']);
    expect((await vault.readKv('kv/tashika/event-hubs/send'))!.data).toEqual({ policyName: 'send', key: value });
    const refusals = {
      [value]: 'standard input must hold a JSON object',
      [JSON.stringify({ key: value })]: 'it lacks policyName',
      [JSON.stringify({ policyName: 'send', key: value, extra: value })]: 'extra is no field of it',
      [JSON.stringify({ policyName: '', key: value })]: 'policyName must be a text that is not empty',
    };
    for (const [input, reason] of Object.entries(refusals)) {
      const refused = await runVault('put', { secret: 'event-hubs/send' }, env, input);
      expect(refused.error!.message).toBe(`kv/tashika/event-hubs/send was not written: ${reason}.`);
      expect(refused.seen).not.toContain(value);
    }
    expect(ran.seen).not.toContain(value);
  });

  it("Beam's first key is made where nobody sees it, and never over one that is there", async () => {
    const made = await runVault('put', { secret: 'beam', generate: true }, env);
    const key = secret((await vault.readKv('kv/tashika/beam'))!.data.preSharedKey);
    expect(key).toMatch(/^[\w-]{43}$/);
    expect(made.seen).not.toContain(key);
    const again = await runVault('put', { secret: 'beam', generate: true }, env);
    expect(again.error).toMatchObject({
      code: 'VAULT_CHANGED_MEANWHILE',
      message: 'kv/tashika/beam was not written: there is a key already, and devices may sign with it.',
    });
    expect((await runVault('put', { secret: 'soracom', generate: true }, env)).error).toMatchObject({ code: 'USAGE' });
  });

  // The last: it looks at what all the others left in the log.
  it('the audit log has an entry for each request and one for its answer, and no secret', async () => {
    const before = entries().length;
    const asked = await Promise.all([
      ask(bao, bao.rootToken, 'GET', 'kv/data/tashika/beam'),
      ask(bao, 'no-token', 'GET', 'kv/data/tashika/beam'),
      ask(bao, bao.rootToken, 'POST', 'transit/encrypt/tashika-fields', { plaintext: 'c2VjcmV0LXBsYWNl' }),
    ]);
    expect(asked.map(({ status }) => status)).toEqual([200, 403, 200]);
    const since = entries().slice(before);
    const told = since.map(
      ({ type, request, error }) => `${type} ${request.operation} ${request.path}${error ? ' refused' : ''}`,
    );
    expect(told.sort()).toEqual([
      'request read kv/data/tashika/beam',
      'request read kv/data/tashika/beam refused',
      'request update transit/encrypt/tashika-fields',
      'response read kv/data/tashika/beam',
      'response read kv/data/tashika/beam refused',
      'response update transit/encrypt/tashika-fields',
    ]);
    const log = readFileSync(bao.auditFile, 'utf8');
    const ids = since.map(({ request }) => request.id);
    await until('the same to have been sent', () => ids.every((id) => received.includes(id)));
    expect(secrets.length).toBeGreaterThan(15);
    for (const each of [...secrets, 'c2VjcmV0LXBsYWNl'])
      for (const written of [each, JSON.stringify(each).slice(1, -1)])
        expect((log + received).includes(written), written.slice(0, 8)).toBe(false);
  });

  interface Entry {
    readonly type: string;
    readonly error?: string;
    readonly request: { readonly id: string; readonly operation: string; readonly path: string };
  }

  function entries(): readonly Entry[] {
    return readFileSync(bao.auditFile, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  }
});
