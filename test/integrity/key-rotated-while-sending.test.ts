// Whoever replaces a key in two places replaces it too early in one of them, and what is sent meanwhile is refused.
import { type ChildProcess, execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { EventHubProducerClient } from '@azure/event-hubs';
import { rulesOf, startAzure } from '@tashika/deploy/local/azure';
import { addressOf, type Fleet, STEADY_HABITS, startFleet } from '@tashika/deploy/local/fleet';
import { type Funnel, simOf, startFunnel } from '@tashika/deploy/local/funnel';
import {
  funnelGroupOf,
  type SoracomApi,
  sharedAccessKeyOf,
  startSoracomApi,
  tellDeliveryError,
} from '@tashika/deploy/local/soracom-api';
import { seededChance } from '@tashika/shared/chance';
import { fingerprintOf } from '@tashika/shared/fingerprint';
import { systemClock } from '@tashika/shared/time';
import { expect, it, onTestFinished } from 'vitest';
import { eventsIn } from '../rig/hub.ts';
import { haveBao, SEED, until, WindowSums } from '../rig/index.ts';
import { type RequestFate, startInterceptor } from '../rig/interceptor.ts';
import { startVaultScene, type VaultScene } from '../rig/vault-scene.ts';

/** The built front door. */
const TASHIKA = fileURLToPath(new URL('../../deploy/dist/command/main.js', import.meta.url));
const HUB = 'telemetry';
const CREDENTIAL = 'event-hubs-send';
const GROUP = 'b0a4fe5c-0000-4000-a000-000000000001';
const DEVICES = 20;
const KILLS = 3;
/** A run over both rules writes 18 times; one is killed at one of its first writes, so that several are. */
const FIRST_WRITES = 6;
const MOST_RUNS = 20;
const LONG: readonly [string, string] = ['1h', '2h'];
const PLACE = { subscription: '00000000-0000-0000-0000-000000000001', resourceGroup: 'rg-dev', namespace: 'evhns-dev' };

it.skipIf(!haveBao())(
  'replaces all keys while a fleet sends, killed again and again: no post is refused, all is counted once, the former keys are dead',
  async () => {
    const scene = await startVaultScene({ credentials: LONG, token: LONG });
    const { hub } = scene;
    const azure = await startAzure({ ...PLACE, rules: rulesOf(hub, HUB) });
    onTestFinished(() => azure.close());
    const soracom = await startSoracom(scene);
    const funnel = await startFunnelOf(soracom, hub.connectionString('send'));
    const operator = await startOperator(scene, { azure: azure.url, soracom: soracom.url });
    const token = azure.issueToken();
    const former = keysOf(hub);

    // Vault has nothing yet: its first keys come from Azure, and nobody sees them.
    for (const rule of ['send', 'listen'])
      expect(
        await operator.run(['adopt-event-hubs-key', '--rule', rule, '--key', 'primary', '--yes'], token),
      ).toMatchObject({ code: 0 });
    const [slow] = [await scene.start('worker'), await scene.start('worker')];
    const api = await scene.start('api');
    // Each time that a run has asked the API which key the workers read with.
    let asked = () => {};
    const apiUrl = await startInterceptor(
      api.api.url,
      () => {
        asked();
        return 'pass';
      },
      () => {},
    );
    const rotation = ['event-hubs-key', '--credential', CREDENTIAL, '--api', apiUrl, '--settle-seconds', '2'];

    const fleet = await sendingFleet(funnel);
    await until('the fleet to send', () => postsOf(fleet) > 2 * DEVICES);

    const refusals = await Promise.all([
      operator.run([...rotation, '--yes'], azure.issueToken({ lifetimeMs: 0 })),
      operator.run([...rotation, '--yes', '--namespace', 'evhns-prod'], token),
      operator.run([...rotation, '--yes', '--send-rule', 'manage'], token),
    ]);
    expect(refusals.map(({ code, error }) => `${code} ${error}`)).toEqual([
      '1 AZURE_DENIED',
      '1 AZURE_NOT_FOUND',
      '1 ROTATION_REFUSED',
    ]);
    await scene.bao.seal();
    expect(await operator.run([...rotation, '--dry-run'], token)).toMatchObject({ code: 1, error: 'VAULT_SEALED' });
    await scene.bao.unseal();
    const dry = await operator.run([...rotation, '--dry-run'], token);
    expect(dry).toMatchObject({
      code: 0,
      answer: {
        plan: [
          { rule: 'listen', begunAt: null },
          { rule: 'send', begunAt: null },
        ],
      },
    });
    expect(keysOf(hub)).toEqual(former);

    const chance = seededChance(SEED, 'kills');
    let killed = 0;
    let done: Run | undefined;
    while (killed < KILLS && !done) {
      const fate = chance.happens(0.5) ? 'never-arrives' : 'answer-lost';
      done = await operator.runAndKill([...rotation, '--yes', '--takeover'], token, {
        write: 1 + Math.floor(chance.between(0, FIRST_WRITES)),
        fate,
      });
      if (!done) killed++;
    }
    done ??= await operator.run([...rotation, '--yes', '--takeover'], token);
    expect(done, `seed ${SEED}, after ${killed} kills: ${operator.said().slice(-2_000)}`).toMatchObject({ code: 0 });
    expect(killed, `seed ${SEED}`).toBeGreaterThan(0);

    // A worker stands still when Vault gets another key: its former one is left to it until it has taken that.
    operator.onWrite((path) => {
      if (!path.endsWith('/event-hubs/listen')) return;
      slow.program.pause();
      let looks = 0;
      asked = () => {
        looks += 1;
        if (looks === 2) slow.program.resume();
      };
    });
    const patient = await operator.run([...rotation, '--rule', 'listen', '--yes'], token);
    expect(patient, operator.said().slice(-2_000)).toMatchObject({ code: 0 });
    expect(operator.said()).toMatch(/Worker \S+ reads with sha256:\w+, not with/);

    // The flow goes on; neither Funnel nor a worker was refused a single time.
    const postsThen = postsOf(fleet);
    await until('more posts', () => postsOf(fleet) > postsThen + DEVICES);
    expect(await fleet.stop()).toBe(0);
    expect(soracom.state.logs.newest()).toEqual([]);
    expect(hub.refusals).toBe(0);

    // What was taken is counted, each once.
    await until('Funnel to have passed on all that it took', () => funnel.stats.held === 0);
    const events = await eventsIn(hub.connectionString('listen'), HUB);
    await until('all of it to be counted', async () => (await committed(scene)) === events, 90_000);
    expect(WindowSums.of(await api.api.windows('?from=0')).toJSON()).toEqual(takenBy(fleet).toJSON());

    // All keys are new, in use everywhere, and the former ones are dead.
    const now = keysOf(hub);
    expect(Object.values(now).filter((key) => Object.values(former).includes(key))).toEqual([]);
    const send = (await scene.vault.readKv('kv/tashika/event-hubs/send'))!.data.key!;
    const listen = (await scene.vault.readKv('kv/tashika/event-hubs/listen'))!.data.connectionString!;
    const credential = soracom.state.use(CREDENTIAL, 0)!;
    expect([now.sendPrimary, now.sendSecondary]).toContain(send);
    expect(credential).toMatchObject({
      credentials: { policyName: 'send', key: send },
      description: `Send key for Funnel [tashika policyName=send ${fingerprintOf(send)}]`,
    });
    await letsIn(listen);
    for (const policy of ['send', 'listen'] as const)
      for (const key of [former[`${policy}Primary`], former[`${policy}Secondary`]]) {
        const dead = hub.connectionString(policy).replace(hub.keyOf(policy, 'primary'), key);
        await expect(letsIn(dead)).rejects.toThrow(/InvalidSignature/);
      }

    // No run has said a secret.
    for (const secret of [
      ...Object.values(former),
      ...Object.values(now),
      token,
      soracom.authKey.authKey,
      ...operator.secretIds,
    ])
      expect(operator.said()).not.toContain(secret);
  },
  600_000,
);

type Hub = VaultScene['hub'];

/** Resolves where the hub takes the key of a connection string, rejects with its words where it does not. */
async function letsIn(connectionString: string): Promise<void> {
  const client = new EventHubProducerClient(connectionString, HUB, { retryOptions: { maxRetries: 0 } });
  try {
    await client.getPartitionIds();
  } finally {
    await client.close();
  }
}

function keysOf(hub: Hub) {
  return {
    sendPrimary: hub.keyOf('send', 'primary'),
    sendSecondary: hub.keyOf('send', 'secondary'),
    listenPrimary: hub.keyOf('listen', 'primary'),
    listenSecondary: hub.keyOf('listen', 'secondary'),
  };
}

/** SORACOM with one group, whose Funnel sends with a credential that holds the hub's primary key. */
async function startSoracom({ hub, vault }: VaultScene): Promise<SoracomApi> {
  const now = Date.now();
  const key = hub.keyOf('send', 'primary');
  const resourceUrl = `https://${PLACE.namespace}.servicebus.windows.net/${HUB}/messages`;
  const funnel = {
    enabled: true,
    contentType: 'json',
    credentialsId: CREDENTIAL,
    destination: { provider: 'azure', service: 'eventhubs', resourceUrl },
  };
  const soracom = await startSoracomApi({
    sims: Array.from({ length: DEVICES }, (_, device) => ({ sim: simOf(addressOf(device))!, groupId: GROUP })),
    settings: {
      groups: [
        {
          groupId: GROUP,
          tags: { name: 'field' },
          configuration: { SoracomFunnel: funnel },
          createdTime: now,
          lastModifiedTime: now,
        },
      ],
      credentials: [
        {
          credentialsId: CREDENTIAL,
          type: 'azure-credentials',
          description: `Send key for Funnel [tashika policyName=send ${fingerprintOf(key)}]`,
          credentials: { policyName: 'send', key },
          createDateTime: now,
          updateDateTime: now,
        },
      ],
      sims: new Map(),
    },
  });
  onTestFinished(() => soracom.close());
  await vault.writeKv('kv/tashika/soracom', { ...soracom.authKey });
  return soracom;
}

async function startFunnelOf({ state }: SoracomApi, connectionString: string): Promise<Funnel> {
  const funnel = await startFunnel({
    connectionString,
    seed: SEED,
    groupOf: (sim) => funnelGroupOf(state, sim),
    credentialOf: (id) => sharedAccessKeyOf(state, id, systemClock),
    onDeliveryError: (error) => tellDeliveryError(state, error, systemClock),
  });
  onTestFinished(async () => {
    await funnel.stop();
  });
  return funnel;
}

async function sendingFleet(funnel: Funnel): Promise<Fleet> {
  const fleet = await startFleet({
    devices: DEVICES,
    funnelUrl: `http://127.0.0.1:${funnel.httpPort}/`,
    seed: SEED,
    intervalMs: 1000,
    habits: STEADY_HABITS,
  });
  onTestFinished(async () => {
    await fleet.stop(0);
  });
  return fleet;
}

function postsOf(fleet: Fleet): number {
  return fleet.taken().reduce((sum, { posts }) => sum + posts, 0);
}

function takenBy(fleet: Fleet): WindowSums {
  const sums = new WindowSums();
  for (const { windowEnd, region, readings } of fleet.taken()) sums.took(region, windowEnd, readings);
  return sums;
}

async function committed(scene: VaultScene): Promise<number> {
  const [row] = await scene.query<{ events: number }>('SELECT sum(events)::float8 AS events FROM partition');
  return row!.events;
}

/** A run of `tashika rotate` that ended by itself. */
interface Run {
  readonly code: number | null;
  readonly answer: unknown;
  /** The code of the error that it told of. */
  readonly error: string | undefined;
}

interface Operator {
  /** What the runs have logged in to Vault with. */
  readonly secretIds: readonly string[];
  run(args: readonly string[], azureToken: string): Promise<Run>;
  /** Kills the run at its n-th write, wherever that goes; undefined if it was killed. */
  runAndKill(
    args: readonly string[],
    azureToken: string,
    at: { readonly write: number; readonly fate: Exclude<RequestFate, 'pass'> },
  ): Promise<Run | undefined>;
  /** Calls back with the path of each write, wherever it goes, before it arrives. */
  onWrite(told: (path: string) => void): void;
  /** All that the runs have printed. */
  said(): string;
}

/** Somebody who may rotate keys and nothing else, with everything that a run talks to behind proxies. */
async function startOperator(scene: VaultScene, urls: { azure: string; soracom: string }): Promise<Operator> {
  const role = 'auth/approle/role/tashika-rotation';
  const roleId = String((await scene.vault.read(`${role}/role-id`)).data.role_id);
  // Each is good for a few logins only; a sealed Vault issues none.
  const issued = Array.from({ length: MOST_RUNS }, () => scene.vault.write(`${role}/secret-id`, {}));
  const secretIds = (await Promise.all(issued)).map(({ data }) => String(data.secret_id));
  let runs = 0;
  let writes = 0;
  let kill: { readonly write: number; readonly fate: RequestFate } | undefined;
  let kept: () => void = () => {};
  let tell: (path: string) => void = () => {};
  const fateOf = ({ method, path }: { method: string; path: string }): RequestFate => {
    const isWrite =
      /regenerateKeys/.test(path) || (method !== 'GET' && /^\/v1\/(kv\/data\/tashika|credentials)\//.test(path));
    if (!isWrite) return 'pass';
    writes += 1;
    tell(path);
    return kill?.write === writes ? kill.fate : 'pass';
  };
  const [azure, soracom, vault] = await Promise.all(
    [urls.azure, urls.soracom, scene.bao.address].map((target) => startInterceptor(target, fateOf, () => kept())),
  );
  const outputs: string[] = [];

  /** Starts a run; what it comes to is there once it has ended and its output is read to the end. */
  function start(args: readonly string[], azureToken: string): { readonly run: Promise<Run>; kill(): void } {
    const standard = Object.entries({
      '--namespace': PLACE.namespace,
      '--subscription': PLACE.subscription,
      '--resource-group': PLACE.resourceGroup,
      '--send-rule': 'send',
      '--listen-rule': 'listen',
    });
    const place = standard.filter(([name]) => !args.includes(name)).flat();
    const env = {
      PATH: process.env.PATH,
      AZURE_RESOURCE_MANAGER: azure,
      AZURE_TOKEN: azureToken,
      SORACOM_ENDPOINT: soracom,
      VAULT_ADDR: vault,
      VAULT_ROLE_ID: roleId,
      VAULT_SECRET_ID: secretIds[runs++],
    };
    let child: ChildProcess | undefined;
    const run = new Promise<Run>((resolve) => {
      child = execFile(process.execPath, [TASHIKA, 'rotate', ...args, ...place, '--json'], { env }, (_, ...said) => {
        outputs.push(...said);
        const [stdout] = said;
        const answer = stdout === '' ? undefined : (JSON.parse(stdout) as { error?: { code: string } });
        resolve({ code: child!.exitCode, answer, error: answer?.error?.code });
      });
    });
    onTestFinished(() => {
      child!.kill('SIGKILL');
    });
    return { run, kill: () => child!.kill('SIGKILL') };
  }

  return {
    secretIds,
    run(args, azureToken) {
      kill = undefined;
      return start(args, azureToken).run;
    },
    async runAndKill(args, azureToken, at) {
      writes = 0;
      kill = at;
      const isKept = new Promise<void>((resolve) => {
        kept = resolve;
      });
      const started = start(args, azureToken);
      const isKilled = await Promise.race([started.run.then(() => false), isKept.then(() => true)]);
      if (!isKilled) return started.run;
      started.kill();
      await started.run;
      return undefined;
    },
    onWrite(told) {
      tell = told;
    },
    said: () => outputs.join('\n'),
  };
}
