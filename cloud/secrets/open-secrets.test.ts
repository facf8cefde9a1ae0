import { loadConfiguration } from '@tashika/shared/config';
import { TestClock } from '@tashika/shared/time';
import { describe, expect, it, onTestFinished } from 'vitest';
import { cloudRules, cloudSchema } from '../config/index.ts';
import { openSecrets } from './index.ts';
import { type Received, refusal, type Scripted, ScriptedVault, tokenAnswer } from './scripted-vault.ts';

const KEY = 'Endpoint=sb://hub.example;SharedAccessKeyName=listen;SharedAccessKey=bGlzdGVuLWtleQ==';

/** A Vault that has all that is asked for, but what `answer` says otherwise. */
function holding(answer: (request: Received) => Scripted | undefined = () => undefined) {
  let users = 0;
  return (request: Received): Scripted => {
    const other = answer(request);
    if (other) return other;
    const kv = (data: object, version = 1) => ({ body: { data: { data, metadata: { version } } } });
    switch (request.path) {
      case 'auth/approle/login':
        return tokenAnswer('t', 3600);
      case 'kv/data/tashika/event-hubs/listen':
        return kv({ connectionString: KEY });
      case 'kv/data/tashika/beam':
        return kv({ preSharedKey: 'new-key', previousPreSharedKey: 'old-key' });
      case 'database/creds/tashika-worker':
      case 'database/creds/tashika-api': {
        const data = { username: `user-${++users}`, password: 'the-password' };
        return { body: { lease_id: `${request.path}/${users}`, lease_duration: 3600, renewable: true, data } };
      }
      default:
        return { status: 204 };
    }
  };
}

async function opened(role: 'worker' | 'api' | 'all', answer: (request: Received) => Scripted, more = {}) {
  const server = await ScriptedVault.start(answer);
  onTestFinished(() => server.stop());
  const configuration = loadConfiguration({
    schema: cloudSchema,
    prefix: 'TASHIKA_CLOUD',
    rules: cloudRules,
    env: {
      TASHIKA_CLOUD_STORE_URL: 'postgres://db/tashika',
      TASHIKA_CLOUD_SECRETS_SOURCE: 'vault',
      TASHIKA_CLOUD_SECRETS_VAULT_ADDRESS: server.address,
      TASHIKA_CLOUD_SECRETS_VAULT_AUTH_ROLE_ID: 'role',
      TASHIKA_CLOUD_SECRETS_VAULT_AUTH_SECRET_ID: 'the-secret-id',
      ...more,
    },
  });
  const logged: string[] = [];
  const note = (fields: object, message: string) => void logged.push(JSON.stringify([fields, message]));
  const clock = new TestClock();
  const logger = { debug: note, info: note, warn: note, error: note };
  const secrets = await openSecrets(role, configuration, { clock, logger, env: {}, random: () => 0.5 });
  onTestFinished(() => secrets.stop());
  return { secrets, server, clock, logged };
}

describe('secrets from Vault', () => {
  it.each([
    ['worker', ['event-hubs', 'database'], 'tashika-worker'],
    ['api', ['beam', 'database'], 'tashika-api'],
    ['all', ['event-hubs', 'beam', 'database'], 'tashika-worker'],
  ] as const)('are those that %s needs, and no others', async (role, names, user) => {
    const { secrets, server } = await opened(role, holding());
    expect(secrets.report()!.secrets.map(({ name }) => name)).toEqual(['token', ...names]);
    expect(server.asked).toContain(`GET database/creds/${user}`);
    expect(secrets.eventHubs?.value).toBe(role === 'api' ? undefined : KEY);
    expect(secrets.beam?.value).toEqual(role === 'worker' ? undefined : ['new-key', 'old-key']);
    expect(secrets.database!.value).toEqual({ user: 'user-1', password: 'the-password' });
    await secrets.stop();
    expect(server.asked.at(-1)).toBe('POST auth/token/revoke-self');
  });

  it('ask for no key of a hub that is read as a managed identity', async () => {
    const { secrets, server } = await opened('all', holding(), {
      TASHIKA_CLOUD_EVENT_HUBS_AUTH: 'managed-identity',
      TASHIKA_CLOUD_EVENT_HUBS_FULLY_QUALIFIED_NAMESPACE: 'tashika.servicebus.windows.net',
    });
    expect(secrets.eventHubs).toBeUndefined();
    expect(server.asked.filter((each) => each.includes('event-hubs'))).toEqual([]);
  });

  it('ask for no user of a database that is in the process', async () => {
    const { secrets, server } = await opened('all', holding(), { TASHIKA_CLOUD_STORE_URL: 'pglite:memory' });
    expect(secrets.database).toBeUndefined();
    expect(server.asked.filter((each) => each.includes('database/'))).toEqual([]);
  });

  it('are watched: another version is handed over, the same again is not', async () => {
    let key = KEY;
    const { secrets, server, clock, logged } = await opened(
      'worker',
      holding(({ path }) =>
        path === 'kv/data/tashika/event-hubs/listen'
          ? { body: { data: { data: { connectionString: key }, metadata: { version: key === KEY ? 1 : 2 } } } }
          : undefined,
      ),
    );
    const adopted: string[] = [];
    secrets.eventHubs!.into(async (connectionString) => void adopted.push(connectionString));
    const look = async () => {
      await clock.advance(30_000);
      await server.settled();
    };
    await look();
    expect(adopted).toEqual([]);
    key = KEY.replace('bGlzdGVu', 'bmV3');
    await look();
    await look();
    expect(adopted).toEqual([key]);
    expect(logged.join()).toMatch(/"version":2,"fingerprint":"sha256:[0-9a-f]{12}"/);
    expect(logged.join()).not.toMatch(/bGlzdGVu|bmV3|the-password|the-secret-id/);
  });

  it('let Beam be without a key, and take it when there is one', async () => {
    let there = false;
    const { secrets, server, clock, logged } = await opened(
      'api',
      holding(({ path }) =>
        path === 'kv/data/tashika/beam' && !there ? { status: 404, body: { errors: [] } } : undefined,
      ),
    );
    expect(secrets.beam!.value).toEqual([]);
    expect(logged.join()).toContain('Vault has no key for Beam');
    there = true;
    await clock.advance(30_000);
    await server.settled();
    expect(secrets.beam!.value).toEqual(['new-key', 'old-key']);
  });

  it('keep the one in use when what was put into Vault can not be a connection string', async () => {
    let key = KEY;
    const { secrets, server, clock } = await opened(
      'worker',
      holding(({ path }) =>
        path === 'kv/data/tashika/event-hubs/listen'
          ? { body: { data: { data: { connectionString: key }, metadata: { version: 1 } } } }
          : undefined,
      ),
    );
    key = 'SharedAccessKey=hush';
    await clock.advance(30_000);
    await server.settled();
    expect(secrets.eventHubs!.value).toBe(KEY);
    const trouble = secrets.report()!.secrets.find(({ name }) => name === 'event-hubs')!.trouble;
    expect(trouble).toMatchObject({
      code: 'CONFIG_INVALID',
      message: "kv/tashika/event-hubs/listen in Vault can't be used: it must have an Endpoint=sb://<host>/.",
    });
  });

  it.each<[string, string, Scripted, string, RegExp]>([
    ['a sealed Vault', 'auth/approle/login', refusal(503, 'Vault is sealed'), 'VAULT_SEALED', /must unseal it/],
    [
      'a login that is refused',
      'auth/approle/login',
      refusal(400, 'invalid role or secret ID'),
      'VAULT_DENIED',
      /role id or secret id is wrong, has expired, or may not be used again/,
    ],
    [
      'a path that is denied',
      'kv/data/tashika/event-hubs/listen',
      refusal(403, 'permission denied'),
      'VAULT_DENIED',
      /Vault denies to read kv\/data\/tashika\/event-hubs\/listen: a policy of the token must give the capability read/,
    ],
    [
      'a secret that is missing',
      'kv/data/tashika/event-hubs/listen',
      { status: 404, body: { errors: [] } },
      'VAULT_SECRET_MISSING',
      /no field connectionString at kv\/tashika\/event-hubs\/listen: put it there with `vault kv put -mount=kv tashika\/event-hubs\/listen connectionString=-`/,
    ],
    [
      'a field that is missing',
      'kv/data/tashika/event-hubs/listen',
      { body: { data: { data: { key: 'hush' }, metadata: { version: 1 } } } },
      'VAULT_SECRET_MISSING',
      /no field connectionString/,
    ],
    [
      'a role of the database that is not there',
      'database/creds/tashika-worker',
      refusal(400, 'unknown role: tashika-worker'),
      'VAULT_REFUSED',
      /unknown role: tashika-worker/,
    ],
  ])('stop the start at %s, name it, and give back what they were given', async (_, path, answer, code, sentence) => {
    const seen: Received[] = [];
    const opening = opened(
      'worker',
      holding((request) => {
        seen.push(request);
        return request.path === path ? answer : undefined;
      }),
    );
    const error = (await opening.catch((thrown: unknown) => thrown)) as Error;
    expect(error).toMatchObject({ code, message: expect.stringMatching(sentence) });
    expect(error.stack).not.toMatch(/hush|the-secret-id|the-password/);
    const loggedIn = path !== 'auth/approle/login';
    expect(seen.some((each) => each.path === 'auth/token/revoke-self')).toBe(loggedIn);
  });
});
