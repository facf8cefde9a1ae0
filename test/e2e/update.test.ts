import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { listen } from '@tashika/cloud/api';
import { openApiOver } from '@tashika/cloud/api/testing';
import { Updaters } from '@tashika/cloud/fleet/ddi';
import { addAction, addImage, memoryBundles } from '@tashika/cloud/fleet/ddi/testing';
import { openStore, type Store } from '@tashika/cloud/store';
import { startBeam } from '@tashika/deploy/local/beam';
import { RAUC_TOOLS, type RaucScene, raucScene } from '@tashika/edge/update/testing';
import { systemClock } from '@tashika/shared/time';
import { expect, it, onTestFinished } from 'vitest';
import { haveCommand, Program, startPipeline, until } from '../rig/index.ts';

const EDGE = fileURLToPath(new URL('../../edge', import.meta.url));
const KEY = 'the key that Beam signs with';
const SIM = '127.1.9.1';
const REGION = '39';
const missing = RAUC_TOOLS.filter((name) => !haveCommand(name));

it.skipIf(missing.length > 0)(
  'a device updates itself over the air, and takes back an agent that never has a post answered; each reading of all of them is counted once',
  async () => {
    const pipeline = await startPipeline();
    const updates = await startUpdates();
    const scene = raucScene(join(pipeline.directory, 'slots'), 8_388_608);
    writeFileSync(scene.slotFile('A'), agentOfVersion('1.0.0', pipeline.directory));
    const data = join(pipeline.directory, 'data');
    mkdirSync(join(pipeline.directory, 'updater'));
    const configuration = join(pipeline.directory, 'config.json');
    const settings = {
      region: REGION,
      dataDirectory: data,
      metadata: { userData: false },
      clock: { trusted: 'always' },
      uplink: { url: `http://127.0.0.1:${pipeline.funnel.httpPort}`, localAddress: SIM, batchAgeMs: 100 },
      spool: { fsyncMs: 50 },
      sensors: { system: { intervalMs: 100 } },
      update: {
        url: updates.beamUrl,
        directory: join(pipeline.directory, 'updater'),
        proofFile: join(pipeline.directory, 'agent-proof.json'),
        systemImageFile: join(pipeline.directory, 'none'),
        agent: { rauc: scene.conf, slots: [scene.slotProgram] },
        bytesPerSecond: 50_000_000,
        freeBytes: 0,
        pollMs: 1_000,
        lookMs: 100,
      },
    };
    writeFileSync(configuration, JSON.stringify(settings));
    const unit = new AgentUnit(scene, pipeline.directory, configuration);
    unit.start();
    const updater = new Program('edge/dist/main.js', ['update', '--config', configuration]);
    const told = async () => {
      const { 'agent/version': version, 'agent/starts': starts } = (await pipeline.api.devices())[0]?.lastValues ?? {};
      return [version?.value, starts?.value];
    };
    const says = (version: string, starts: number) =>
      until(
        `${version}, started ${starts} times`,
        async () => String(await told()) === String([version, starts]),
        60_000,
      );
    await says('1.0.0', 1);
    const device = await until('the updater to be known', () => updates.device());
    expect(device).toMatchObject({ board: 'tashika-test', agent_version: '1.0.0', imsi_proved: true });

    const good = await updates.offer(
      '2.0.0',
      scene.bundle('good', '2.0.0', agentOfVersion('2.0.0', pipeline.directory)),
    );
    expect(await updates.closed(good)).toMatchObject({
      outcome: 'success',
      detail: 'agent/2.0.0 has stored a reading and had a post answered.',
    });
    await says('2.0.0', 2);

    // This one stores readings and dies without having sent any: the one that comes back sends them.
    const mute = agentOfVersion('3.0.0', pipeline.directory, (agent) => {
      const uplink = join(agent, 'uplink/uplink.js');
      const dies = "Uplink.prototype.start = () => setTimeout(() => process.kill(process.pid, 'SIGKILL'), 2_000);";
      writeFileSync(uplink, `${readFileSync(uplink, 'utf8')}\n${dies}\n`);
    });
    const bad = await updates.offer('3.0.0', scene.bundle('bad', '3.0.0', mute));
    expect(await updates.closed(bad)).toMatchObject({
      outcome: 'failure',
      detail: expect.stringMatching(/^The device fell back: it never had a post answered\. .*its one try/),
    });
    await says('2.0.0', 4);

    expect(await unit.stop()).toBe(0);
    expect(await updater.stop()).toBe(0);
    await pipeline.settled();
    const [known, ...others] = await pipeline.api.devices();
    expect(others).toEqual([]);
    expect(known?.streams).toMatchObject([{ missing: [], lost: 0, held: 0 }]);
    const [stream] = known!.streams;
    expect(stream!.received).toBe(stream!.through);
    const counted = (await pipeline.api.windows(`?region=${REGION}`)).reduce((sum, { readings }) => sum + readings, 0);
    expect(counted).toBe(stream!.received);
    expect(unit.started).toEqual(['A', 'B', 'A', 'B']);
    expect((await pipeline.api.deadLetters()).deadLetters).toEqual([]);
  },
);

/** The updates' side of the cloud on a store of its own, with Beam before it: no token is on the device. */
async function startUpdates() {
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const store: Store = await openStore('pglite:memory', { logger });
  const bundles = new Map<string, Buffer>();
  const beam = { preSharedKeys: [KEY], toleranceMs: 300_000 };
  const parts = { store, clock: systemClock, logger, beam, bundles: memoryBundles(bundles) };
  const updaters = new Updaters({ ...parts, tenant: 'tashika', pollMs: 1_000 });
  const app = await openApiOver(store, { beam, updaters: { updaters, forwardedHosts: [] } });
  const url = await listen(app, { host: '127.0.0.1', port: 0 });
  const entry = await startBeam({ destination: url, preSharedKey: KEY });
  onTestFinished(async () => {
    await entry.stop();
    await app.close();
    await store.close();
  });
  const rows = <Row extends object>(sql: string, ...parameters: readonly (string | number)[]) =>
    store.query<Row>(sql, [...parameters]);
  return {
    beamUrl: `http://127.0.0.1:${entry.port}`,
    async device() {
      const [row] = await rows<{ controller_id: string }>('SELECT * FROM fleet_device WHERE agent_version IS NOT NULL');
      return row;
    },
    async offer(version: string, file: string): Promise<number> {
      const bundle = readFileSync(file);
      const image = await addImage(store, bundle, { version });
      bundles.set(image.bundle.sha256, bundle);
      const { controller_id: controllerId } = (await this.device())!;
      return addAction(store, { controllerId, image });
    },
    closed: (id: number) =>
      until(
        `action ${id} to be closed`,
        async () => {
          const [row] = await rows<{ state: string }>('SELECT * FROM deployment_action WHERE id = $1', id);
          return row?.state === 'closed' && row;
        },
        60_000,
      ),
  };
}

/** The agent as it is built, as another version, in a tar that fits a slot. */
function agentOfVersion(version: string, directory: string, change: (agent: string) => void = () => undefined): Buffer {
  const agent = join(directory, `agent-${version}`);
  const wanted = (path: string) => !/\.(test\.js|map|d\.ts|tsbuildinfo)$|\/testing$/.test(path);
  cpSync(join(EDGE, 'dist'), agent, { recursive: true, filter: wanted });
  cpSync(join(EDGE, 'package.json'), join(agent, 'package.json'));
  writeFileSync(join(agent, 'version.js'), `export const VERSION = '${version}';\n`);
  change(agent);
  execFileSync('tar', ['-cf', `${agent}.tar`, '-C', agent, '.']);
  return readFileSync(`${agent}.tar`);
}

/** What systemd is to the agent: starts it from the slot that is chosen at each start, also when it died. */
class AgentUnit {
  /** The slots that it started from. */
  readonly started: string[] = [];
  readonly #scene: RaucScene;
  readonly #directory: string;
  readonly #configuration: string;
  #agent: Program | undefined;
  #asked = 0;
  #watch: NodeJS.Timeout | undefined;

  constructor(scene: RaucScene, directory: string, configuration: string) {
    this.#scene = scene;
    this.#directory = directory;
    this.#configuration = configuration;
  }

  start(): void {
    this.#run();
    this.#watch = setInterval(() => void this.#look(), 50);
    onTestFinished(() => clearInterval(this.#watch));
  }

  async stop(): Promise<number | null> {
    clearInterval(this.#watch);
    return this.#agent!.stop();
  }

  async #look(): Promise<void> {
    const asked = this.#scene.restartsAsked();
    if (asked !== this.#asked) {
      this.#asked = asked;
      await this.#agent!.stop(); // it ends, and is seen as ended the next time
    } else if (!this.#agent!.running) this.#run();
  }

  #run(): void {
    const slot = this.#scene.select();
    this.started.push(slot);
    const folder = join(this.#directory, 'running', slot);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    execFileSync('tar', ['-xf', this.#scene.slotFile(slot), '-C', folder]);
    symlinkSync(join(EDGE, 'node_modules'), join(folder, 'node_modules'));
    this.#agent = new Program(join(folder, 'main.js'), ['run', '--config', this.#configuration]);
  }
}
