// A pool keeps its connections while Vault revokes their user: quarkiverse/quarkus-vault #66.
import { expect, it } from 'vitest';
import { assertCounted } from '../rig/exact.ts';
import { expectedOf, haveBao, SEED, until, WindowSums } from '../rig/index.ts';
import { startVaultScene, type VaultProgram, type VaultScene } from '../rig/vault-scene.ts';

const WRONG_KEY = Buffer.from('a-key-that-nobody-made-for-the-hub').toString('base64');

it.skipIf(!haveBao())(
  'counts exactly once while users of the database expire, the key of the hub is changed, and Vault is away and sealed',
  async () => {
    const scene = await startVaultScene({ credentials: ['8s', '12s'], token: ['12s', '24s'] });
    const { hub, bao } = scene;
    await scene.giveHubKey(hub.connectionString('listen', undefined, 'primary'));
    const workers = [await scene.start('worker'), await scene.start('worker')];
    const api = await scene.start('api');
    const programs = [...workers, api];
    const stopSending = scene.keepSending();
    await countOn(scene, 500);

    // Users of the database run out and are replaced, more than once.
    for (const program of programs) await replaced(program, 'database', 2);

    // The key of the hub is changed to its other one, and the former is made void.
    await scene.giveHubKey(hub.connectionString('listen', undefined, 'secondary'));
    for (const worker of workers) await inUse(worker, 'event-hubs', 1);
    await hub.regenerateKey('listen', 'primary');
    await countOn(scene, 500);

    // A key that does not work is told of, and the one before stays.
    await scene.giveHubKey(hub.connectionString('listen').replace(hub.keyOf('listen', 'primary'), WRONG_KEY));
    for (const worker of workers) await warned(worker, 'SecretRefused', 'EVENT_HUBS_UNAUTHORIZED');
    await countOn(scene, 500);
    await scene.giveHubKey(hub.connectionString('listen', undefined, 'primary'));
    for (const worker of workers) await inUse(worker, 'event-hubs', 2);
    for (const worker of workers) await content(worker);

    // Vault is away, then it is there and sealed: what was given last is used for as long as it works.
    await bao.disconnect();
    for (const program of programs) await warned(program, /^Secret/, 'VAULT_UNREACHABLE');
    await countOn(scene, 300);
    await bao.reconnect();
    await bao.seal();
    for (const program of programs) await warned(program, /^Secret/, 'VAULT_SEALED');
    await bao.unseal();
    for (const program of programs) await content(program);
    await countOn(scene, 500);
    for (const program of programs) await replaced(program, 'database', 3);

    const sent = await stopSending();
    await until('everything sent to be committed', async () => (await committed(scene)) >= sent.length, 90_000);
    await assertCounted(
      { api: api.api, values: await valuesOf(scene), deadLetters: {} },
      expectedOf(sent),
      `seed ${SEED}`,
    );

    for (const { program } of programs) expect(await program.stop()).toBe(0);
    await until('Vault to have taken back what it gave', async () => (await users(scene)).length === 0);
    for (const { program, wrappingToken } of programs) {
      const said = program.output + program.errors;
      for (const secret of [wrappingToken, hub.keyOf('listen', 'primary'), hub.keyOf('listen', 'secondary'), WRONG_KEY])
        expect(said).not.toContain(secret);
    }
  },
);

/** Waits until so many more events have been committed than now. */
async function countOn(scene: VaultScene, more: number): Promise<void> {
  const goal = (await committed(scene)) + more;
  await until(`${goal} events committed`, async () => (await committed(scene)) >= goal, 60_000);
}

async function committed(scene: VaultScene): Promise<number> {
  const there = await scene.query<{ there: boolean }>(`SELECT to_regclass('public.partition') IS NOT NULL AS there`);
  if (!there[0]!.there) return 0;
  const [row] = await scene.query<{ events: number }>(
    'SELECT coalesce(sum(events), 0)::float8 AS events FROM partition',
  );
  return row!.events;
}

/** The users that Vault made. */
async function users(scene: VaultScene): Promise<string[]> {
  const rows = await scene.query<{ rolname: string }>(`SELECT rolname FROM pg_roles WHERE rolname LIKE 'v-%'`);
  return rows.map(({ rolname }) => rolname);
}

async function valuesOf(scene: VaultScene): Promise<WindowSums> {
  const rows = await scene.query<{ window_end: Date; region: string; sum: number }>(
    `SELECT window_end, region, sum FROM window_value WHERE sensor = 'count'`,
  );
  const sums = new WindowSums(1);
  for (const { window_end, region, sum } of rows) sums.took(region, window_end.getTime(), sum);
  return sums;
}

async function replaced({ api }: VaultProgram, secret: string, times: number): Promise<void> {
  await until(
    `${secret} to be replaced ${times} times`,
    async () => (await metricOf(api.url, 'tashika_cloud_secrets_replacements_total', secret)) >= times,
    90_000,
  );
}

async function metricOf(url: string, name: string, secret: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name}\\{secret="${secret}"\\} (\\S+)$`, 'm').exec(text)?.[1]);
}

/** Waits until so many new values of a secret have come into use. */
async function inUse({ program }: VaultProgram, secret: string, times: number): Promise<void> {
  const line = new RegExp(`"secret":"${secret}".*"a new secret is in use"`, 'g');
  await until(`${secret} to be in use`, () => (program.output.match(line)?.length ?? 0) >= times, 60_000);
}

async function warned({ api }: VaultProgram, type: string | RegExp, detail: string): Promise<void> {
  await until(
    `a warning ${type} of ${detail}`,
    async () => (await warningsOf(api.url)).some((each) => each.type.match(type) && each.detail.includes(detail)),
    60_000,
  );
}

async function content({ api }: VaultProgram): Promise<void> {
  await until('no warning', async () => (await warningsOf(api.url)).length === 0, 90_000);
}

async function warningsOf(url: string): Promise<readonly { type: string; detail: string }[]> {
  const { warnings = [] } = (await (await fetch(`${url}/api/ready`)).json()) as {
    warnings?: { type: string; detail: string }[];
  };
  return warnings;
}
