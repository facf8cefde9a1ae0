import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestClock } from '@tashika/shared/time';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { openVault, type VaultAuth, vaultSettingsFromEnvironment } from './index.ts';
import { type Received, refusal, type Scripted, ScriptedVault, tokenAnswer } from './scripted-vault.ts';

const APPROLE: VaultAuth = {
  method: 'approle',
  mount: 'approle',
  roleId: 'role-id',
  secretId: { kind: 'value', value: 'the-secret-id', wrapped: false },
};
const TOKEN: VaultAuth = { method: 'token', token: 's.from-outside' };

let clock: TestClock;
let logged: string[];
let directory: string;

beforeEach(async () => {
  clock = new TestClock();
  logged = [];
  directory = await mkdtemp(join(tmpdir(), 'tashika-vault-'));
});

afterEach(() => rm(directory, { recursive: true }));

async function scripted(answer: Parameters<typeof ScriptedVault.start>[0]): Promise<ScriptedVault> {
  const server = await ScriptedVault.start(answer);
  onTestFinished(() => server.stop());
  return server;
}

async function session({ address }: ScriptedVault, auth: VaultAuth = APPROLE, namespace?: string) {
  const note = (fields: object, message: string) => void logged.push(`${JSON.stringify(fields)} ${message}`);
  const logger = { debug: note, info: note, warn: note, error: note };
  const settings = { address, auth, ...(namespace !== undefined && { namespace }) };
  const vault = await openVault(settings, { clock, logger, random: () => 0.5 });
  onTestFinished(() => vault.stop());
  return vault;
}

/** Walks on second by second until `isSo`; what is asked on the way is answered meanwhile. */
async function walkUntil(server: ScriptedVault, isSo: () => boolean, mostMs: number): Promise<void> {
  for (let walked = 0; !isSo() && walked < mostMs; walked += 1_000) {
    await clock.advance(1_000);
    await server.settled();
  }
  expect(isSo()).toBe(true);
}

/** Logs in with tokens `t1`, `t2`, … and leaves the rest to `answer`. */
function loggingIn(lease: number, answer: (request: Received) => Scripted, renewable = true) {
  let logins = 0;
  return (request: Received) =>
    request.path === 'auth/approle/login' ? tokenAnswer(`t${++logins}`, lease, renewable) : answer(request);
}

describe('a session', () => {
  it('logs in by AppRole, asks with the token, and revokes it at the end', async () => {
    const server = await scripted(loggingIn(3600, () => ({ body: { data: { a: 1 } } })));
    const vault = await session(server, APPROLE, 'team/field');
    expect(await vault.read('some/path')).toEqual({ data: { a: 1 } });
    await vault.stop();
    expect(server.received.map(({ method, path, token }) => [method, path, token])).toEqual([
      ['POST', 'auth/approle/login', undefined],
      ['GET', 'some/path', 't1'],
      ['POST', 'auth/token/revoke-self', 't1'],
    ]);
    expect(server.received[0]!.body).toEqual({ role_id: 'role-id', secret_id: 'the-secret-id' });
    expect(server.received.every(({ headers }) => headers['x-vault-namespace'] === 'team/field')).toBe(true);
  });

  it('takes nothing from the environment that it was not given', async () => {
    process.env.VAULT_TOKEN = 's.of-somebody';
    process.env.VAULT_NAMESPACE = 'elsewhere';
    process.env.VAULT_PREFIX = '/prefix';
    onTestFinished(() => {
      for (const name of ['VAULT_TOKEN', 'VAULT_NAMESPACE', 'VAULT_PREFIX']) delete process.env[name];
    });
    const server = await scripted(loggingIn(3600, () => ({ body: { data: {} } })));
    await (await session(server)).read('a');
    expect(server.asked).toEqual(['POST auth/approle/login', 'GET a']);
    expect(server.received[0]!.headers).not.toHaveProperty('x-vault-token');
    expect(server.received[0]!.headers).not.toHaveProperty('x-vault-namespace');
  });

  it('renews its token at two thirds, and logs in anew when a renewal is cut short', async () => {
    const grants = [600, 600, 120];
    const server = await scripted(loggingIn(600, () => tokenAnswer('t1', grants.shift()!)));
    await session(server);
    await clock.advance(399_000);
    expect(server.asked).toHaveLength(1);
    for (const count of [2, 3, 4, 5]) await walkUntil(server, () => server.received.length === count, 500_000);
    expect(server.asked).toEqual([
      'POST auth/approle/login',
      'POST auth/token/renew-self',
      'POST auth/token/renew-self',
      'POST auth/token/renew-self',
      'POST auth/approle/login',
    ]);
    expect(server.received[1]!.body).toEqual({ increment: '600s' });
    expect(clock.monotonic()).toBeLessThan(3 * 402_000 + 120_000); // before the last grant ended
  });

  it('does not try to renew a token that can not be renewed: it logs in anew at two thirds', async () => {
    const server = await scripted(loggingIn(600, () => refusal(500), false));
    await session(server);
    await walkUntil(server, () => server.received.length === 2, 401_000);
    expect(server.asked[1]).toBe('POST auth/approle/login');
  });

  it('logs in anew when its token is dead, once for all that were refused with it', async () => {
    let alive = 't1';
    const server = await scripted(
      loggingIn(3600, ({ token }) =>
        token === alive ? { body: { data: { by: token } } } : refusal(403, 'permission denied'),
      ),
    );
    const vault = await session(server);
    await clock.advance(60_000);
    alive = 't2';
    const answers = await Promise.all([vault.read('a'), vault.read('b'), vault.read('c')]);
    expect(answers.map(({ data }) => data.by)).toEqual(['t2', 't2', 't2']);
    expect(server.asked.filter((each) => each === 'POST auth/approle/login')).toHaveLength(2);
  });

  it('does not log in anew for a path that its policies deny, and names what they lack', async () => {
    const server = await scripted(
      loggingIn(3600, ({ path }) =>
        path === 'auth/token/lookup-self' ? { body: { data: {} } } : refusal(403, 'permission denied'),
      ),
    );
    const vault = await session(server);
    await clock.advance(60_000);
    await expect(vault.readKv('kv/tashika/beam')).rejects.toMatchObject({
      code: 'VAULT_DENIED',
      message:
        'Vault denies to read kv/data/tashika/beam: a policy of the token must give the capability read on that path.',
    });
    expect(server.asked.filter((each) => each === 'POST auth/approle/login')).toHaveLength(1);
  });

  it('says why it has no other token, where its own is dead and the login fails', async () => {
    let sealed = false;
    const server = await scripted(
      loggingIn(3600, () => (sealed ? refusal(403, 'permission denied') : { body: { data: {} } })),
    );
    const vault = await session(server);
    await clock.advance(60_000);
    sealed = true;
    server.say(({ path }) =>
      path.endsWith('/login') ? refusal(503, 'Vault is sealed') : refusal(403, 'permission denied'),
    );
    await expect(vault.read('a')).rejects.toMatchObject({ code: 'VAULT_SEALED' });
  });

  it('tries again what Vault has no time for, when it asks to', async () => {
    let busy = 2;
    const server = await scripted(
      loggingIn(3600, () =>
        busy-- > 0 ? { status: 429, headers: { 'retry-after': '7' } } : { body: { data: { a: 1 } } },
      ),
    );
    const vault = await session(server);
    let answer: unknown;
    void vault.write('a', { b: 1 }).then((given) => {
      answer = given;
    });
    await walkUntil(server, () => answer !== undefined, 20_000);
    expect(clock.monotonic()).toBeGreaterThanOrEqual(14_000);
    busy = 99;
    let error: unknown;
    void vault.read('a').catch((thrown) => {
      error = thrown;
    });
    await walkUntil(server, () => error !== undefined, 20_000);
    expect(error).toMatchObject({ code: 'VAULT_UNREACHABLE', message: expect.stringContaining('too many requests') });
  });

  it.each<[string, Scripted, string, RegExp]>([
    [
      'a sealed Vault',
      refusal(503, 'Vault is sealed'),
      'VAULT_SEALED',
      /is sealed: whoever holds the key shares must unseal it/,
    ],
    [
      'a Vault without a leader',
      refusal(503, 'no active node'),
      'VAULT_UNREACHABLE',
      /can't read a\/b now \(503\): no active node/,
    ],
    [
      'a redirect',
      { status: 307, headers: { location: 'http://elsewhere/' } },
      'VAULT_UNREACHABLE',
      /sends on to another address \(307\)/,
    ],
    ["a portal's page", { text: '<html>' }, 'VAULT_UNREACHABLE', /what answers there is not Vault/],
    [
      'an engine that is not there',
      refusal(404, 'no handler for route "a/b". route entry not found.'),
      'VAULT_REFUSED',
      /refuses to read a\/b: nothing is mounted there \(no handler for route.*\)\. `tashika vault apply` sets it up\.$/,
    ],
    ['a path with nothing', refusal(404), 'VAULT_SECRET_MISSING', /Vault has nothing at a\/b\./],
    [
      'a role that is wrong',
      refusal(400, 'unknown role: b'),
      'VAULT_REFUSED',
      /refuses to read a\/b: unknown role: b\./,
    ],
    [
      'a database that is away',
      refusal(500, '1 error occurred:\n\t* dial tcp'),
      'VAULT_UNREACHABLE',
      /\(500\): 1 error occurred: \* dial tcp\./,
    ],
  ])('names %s', async (_, answer, code, sentence) => {
    const vault = await session(await scripted(loggingIn(3600, () => answer)));
    await expect(vault.read('a/b')).rejects.toMatchObject({ code, message: expect.stringMatching(sentence) });
  });

  it('names the address where nobody answers, and holds on to what it has', async () => {
    const server = await scripted(loggingIn(3600, () => ({ body: { data: {} } })));
    const vault = await session(server);
    await server.stop();
    await expect(vault.read('a')).rejects.toMatchObject({
      code: 'VAULT_UNREACHABLE',
      message: expect.stringMatching(/^Vault at http:\/\/127\.0\.0\.1:\d+ does not answer: connect ECONNREFUSED/),
    });
  });

  it('does not wait for an answer for ever', async () => {
    const server = await scripted(loggingIn(3600, () => ({ body: { data: {} } })));
    const vault = await session(server);
    const asked = new Promise<void>((resolve) => server.say(() => void resolve()));
    const reading = vault.read('a').catch((error: unknown) => error);
    await asked;
    await clock.advance(10_000);
    expect(await reading).toMatchObject({
      code: 'VAULT_UNREACHABLE',
      message: expect.stringContaining('no answer in 10000 ms'),
    });
    server.say(() => ({ status: 204 }));
  });
});

describe('a wrapped secret id', () => {
  const wrapped: VaultAuth = { ...APPROLE, secretId: { kind: 'value', value: 'wrapping-token', wrapped: true } };

  /** Opens once, as Vault does. */
  function wrapping(createdBy = 'auth/approle/role/tashika-worker/secret-id') {
    let opened = false;
    return ({ path, token, body }: Received): Scripted => {
      const bad = refusal(400, 'wrapping token is not valid or does not exist');
      if (path === 'sys/wrapping/lookup')
        return opened || body.token !== 'wrapping-token' ? bad : { body: { data: { creation_path: createdBy } } };
      if (path === 'sys/wrapping/unwrap') {
        if (opened || token !== 'wrapping-token') return bad;
        opened = true;
        return { body: { data: { secret_id: 'the-secret-id' } } };
      }
      return body.secret_id === 'the-secret-id' ? tokenAnswer('t', 60) : refusal(400, 'invalid role or secret ID');
    };
  }

  it('is opened once, and serves every login after that', async () => {
    const server = await scripted(wrapping());
    await session(server, wrapped);
    server.say(wrapping()); // a renewal is none of its answers, so a login follows
    const logins = () => server.asked.filter((each) => each === 'POST auth/approle/login').length;
    await walkUntil(server, () => logins() === 2, 120_000);
    expect(server.asked.filter((each) => each === 'POST sys/wrapping/unwrap')).toHaveLength(1);
  });

  it('that somebody has opened before is an alarm', async () => {
    const server = await scripted(wrapping());
    await session(server, wrapped);
    await expect(session(server, wrapped)).rejects.toMatchObject({
      code: 'VAULT_SECRET_ID_OPENED',
      message: expect.stringMatching(/opened before, or has expired .* somebody else may have the secret id/),
    });
  });

  it('that wraps something else is an alarm, and is not opened', async () => {
    const server = await scripted(wrapping('sys/wrapping/wrap'));
    await expect(session(server, wrapped)).rejects.toMatchObject({
      code: 'VAULT_SECRET_ID_OPENED',
      message: expect.stringContaining('an answer of sys/wrapping/wrap'),
    });
    expect(server.asked).toEqual(['POST sys/wrapping/lookup']);
  });

  it('is no alarm while Vault is sealed: it can be opened later', async () => {
    const server = await scripted(() => refusal(503, 'Vault is sealed'));
    await expect(session(server, wrapped)).rejects.toMatchObject({ code: 'VAULT_SEALED' });
    server.say(wrapping());
    await session(server, wrapped);
  });
});

describe('a login', () => {
  it('with a JWT reads its file anew each time', async () => {
    const file = join(directory, 'jwt');
    await writeFile(file, 'first.jwt\n');
    const server = await scripted(({ body }) => tokenAnswer(`t-${body.jwt}`, 600, false));
    await session(server, {
      method: 'jwt',
      mount: 'kubernetes',
      role: 'tashika-worker',
      jwt: { kind: 'file', path: file },
    });
    await writeFile(file, 'second.jwt');
    await walkUntil(server, () => server.received.length === 2, 600_000);
    expect(server.asked[0]).toBe('POST auth/kubernetes/login');
    expect(server.received.map(({ body }) => body)).toEqual([
      { role: 'tashika-worker', jwt: 'first.jwt' },
      { role: 'tashika-worker', jwt: 'second.jwt' },
    ]);
  });

  it("with Azure's managed identity asks its endpoint for the JWT", async () => {
    const azure = await scripted(() => ({ body: { access_token: 'azure.jwt' } }));
    const server = await scripted(() => tokenAnswer('t', 600));
    const endpoint = { url: `${azure.address}/msi/token`, header: 'the-header' };
    const jwt = { kind: 'azure', resource: 'api://vault', clientId: 'c-1', endpoint } as const;
    await session(server, { method: 'jwt', mount: 'jwt', role: 'tashika-worker', jwt });
    const [asked] = azure.received;
    expect(asked!.path).toBe('/msi/token?api-version=2019-08-01&resource=api%3A%2F%2Fvault&client_id=c-1');
    expect(asked!.headers['x-identity-header']).toBe('the-header');
    expect(server.received[0]!.body).toEqual({ role: 'tashika-worker', jwt: 'azure.jwt' });
    azure.say(() => ({ status: 400, body: { error: 'invalid_request' } }));
    await expect(session(server, { method: 'jwt', mount: 'jwt', role: 'r', jwt })).rejects.toMatchObject({
      code: 'VAULT_DENIED',
      message: expect.stringMatching(/gives no token for api:\/\/vault \(status 400\)/),
    });
  });

  it.each<[string, VaultAuth, number, RegExp]>([
    ['AppRole', APPROLE, 400, /refuses the login at auth\/approle: role id or secret id is wrong, has expired/],
    ['AppRole', APPROLE, 403, /refuses the login at auth\/approle/],
    [
      'JWT',
      { method: 'jwt', mount: 'jwt', role: 'tashika-api', jwt: { kind: 'file', path: '/dev/null' } },
      400,
      /The file of the JWT, \/dev\/null, is empty/,
    ],
    ['token', TOKEN, 403, /refuses the token: it has expired, was revoked, or was never one. Log in again/],
  ])('by %s that is refused says what to look at, and no secret', async (_, auth, status, sentence) => {
    const server = await scripted(() => refusal(status, 'invalid role or secret ID the-secret-id'));
    const error = await session(server, auth).catch((thrown: unknown) => thrown as Error & { code: string });
    expect(String((error as Error).message)).toMatch(sentence);
    expect(String((error as Error).stack) + logged.join()).not.toMatch(/the-secret-id|s\.from-outside/);
  });

  it('with a token from outside leaves it at the end, and ends the leases that it brought', async () => {
    const server = await scripted(({ path }) => {
      if (path === 'auth/token/lookup-self') return { body: { data: { ttl: 0, renewable: false } } };
      if (path === 'database/creds/x')
        return {
          body: { lease_id: 'database/creds/x/1', lease_duration: 60, renewable: true, data: { username: 'u' } },
        };
      return { status: 204 };
    });
    const vault = await session(server, TOKEN);
    expect(await vault.read('database/creds/x')).toEqual({
      data: { username: 'u' },
      lease: { id: 'database/creds/x/1', durationMs: 60_000, renewable: true },
    });
    await vault.stop();
    expect(server.asked.slice(2)).toEqual(['POST sys/leases/revoke']);
    expect(server.received[2]!.body).toEqual({ lease_id: 'database/creds/x/1' });
  });
});

describe('the settings of a command line', () => {
  it('are those of the environment that Vault itself has', () => {
    const env = { VAULT_ADDR: 'https://vault:8200', VAULT_NAMESPACE: 'n', VAULT_CACERT: '/ca.pem' };
    expect(vaultSettingsFromEnvironment({ ...env, VAULT_TOKEN: 't' })).toEqual({
      address: 'https://vault:8200',
      namespace: 'n',
      caFile: '/ca.pem',
      auth: { method: 'token', token: 't' },
    });
    expect(vaultSettingsFromEnvironment({ ...env, VAULT_ROLE_ID: 'r', VAULT_SECRET_ID: 's' }).auth).toMatchObject({
      method: 'approle',
      roleId: 'r',
      secretId: { kind: 'value', value: 's', wrapped: false },
    });
  });

  it.each([
    [{}, /VAULT_ADDR is missing/],
    [{ VAULT_ADDR: 'vault:8200' }, /VAULT_ADDR must be https/],
    [{ VAULT_ADDR: 'http://vault.example:8200', VAULT_TOKEN: 't' }, /VAULT_ADDR must be https:\/\/…/],
    [{ VAULT_ADDR: 'https://vault:8200' }, /set VAULT_TOKEN, or VAULT_ROLE_ID and VAULT_SECRET_ID/],
  ])('say what they lack: %j', (env, sentence) => {
    expect(() => vaultSettingsFromEnvironment(env)).toThrow(sentence);
  });
});
