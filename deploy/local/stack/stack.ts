import { join, resolve } from 'node:path';
import { directoryError } from '@tashika/shared/data-directory';
import { TashikaError } from '@tashika/shared/errors';
import type { Clock, Duration } from '@tashika/shared/time';
import { preSharedKeyOf } from '../beam/index.ts';
import type { LocalConfiguration } from '../config/index.ts';
import { type Fleet, startFleet } from '../fleet/index.ts';
import { canBind, type Sim, simOf } from '../sims/index.ts';
import { beamKeyOf, environmentFileIn } from '../soracom-api/index.ts';
import { RolloutDemo } from '../updating-fleet/demo/index.ts';
import { addressesOf } from './addresses.ts';
import { banner } from './banner.ts';
import { keepConnectionStrings, printedBy } from './connection-strings.ts';
import { type DataDirectory, openDataDirectory } from './data-directory.ts';
import { DiskTrouble } from './disk-trouble.ts';
import { Part } from './part.ts';
import { assertPortsFree } from './ports.ts';
import { AGENT_ADDRESS, agentProgram, CHECKOUT, cloudProgram, eventHubsProgram, type Program } from './programs.ts';
import { answering } from './readiness.ts';
import { startAccount, startBeamFor, startFunnelFor, startMetadataFor } from './soracom-services.ts';

export interface StackOptions {
  readonly configuration: LocalConfiguration;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Says something on the terminal. */
  readonly tell: (line: string) => void;
  /** A part can't run any more, whatever is tried. */
  readonly onHopeless: (error: TashikaError) => void;
}

const READY_WITHIN_MS: Duration = 60_000;
const FIRST_POST_WITHIN_MS: Duration = 15_000;
/** What each step of stopping may take. */
const FLEET_DRAIN_MS: Duration = 5_000;
const STOP_MS: Duration = 10_000;
/** The cloud program has 10 s to commit; it is not killed in the middle of the tenth. */
const CLOUD_STOP_MS: Duration = 12_000;

/**
 * Everything that `npm start` runs. Event Hubs, the cloud program and the agent are processes of their own; SORACOM's
 * stand-ins and the fleet run here.
 */
export class Stack {
  readonly #options: StackOptions;
  /** What stops each thing that was started, in the order of starting. */
  readonly #stops: (() => Promise<unknown>)[] = [];
  readonly #parts: Part[] = [];
  readonly #disk: DiskTrouble;
  #data: DataDirectory | undefined;
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: StackOptions) {
    this.#options = options;
    this.#disk = new DiskTrouble(options.clock, options.tell);
  }

  /**
   * Starts everything and waits until each thing is ready.
   *
   * @throws TashikaError `PORT_BUSY`, `DATA_DIRECTORY_UNWRITABLE`, `DATA_DIRECTORY_IN_USE` before anything is started;
   * `DISK_FULL`; `STORE_OF_ANOTHER_HUB`, `STORE_OF_OTHER_WINDOWS`, `HUB_REPLACED` when the data are of another
   * configuration; `PROGRAM_ENDED` when a part does not come up, or when `stop` is called meanwhile. Call `stop` in every case.
   */
  start(): Promise<void> {
    this.#starting ??= this.#startAll().catch((error) => Promise.reject(this.#explained(error)));
    return this.#starting;
  }

  /** Stops fleet, agent, Funnel, cloud, Event Hubs, in this order, each within its time. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  /** Ends every process at once. */
  kill(): void {
    for (const part of this.#parts) part.kill();
    void this.#data?.release();
  }

  async #startAll(): Promise<void> {
    const { configuration, clock, tell, env } = this.#options;
    const path = resolve(CHECKOUT, configuration.data);
    this.#data = await openDataDirectory(path, clock, tell);
    this.#goOn();
    await assertPortsFree(portsOf(configuration));
    const localAddress = (await canBind(AGENT_ADDRESS)) ? AGENT_ADDRESS : undefined;
    const agentAddress = localAddress ?? '127.0.0.1';

    const eventHubs = this.#part(eventHubsProgram(configuration, path));
    let strings!: Awaited<ReturnType<typeof printedBy>>;
    await this.#start(eventHubs, STOP_MS, async (part) => {
      strings = await printedBy(part);
    });
    const connectionStrings = keepConnectionStrings(path, strings);

    const firstSecrets = { send: strings.send, preSharedKey: preSharedKeyOf(join(path, 'beam')) };
    const soracom = await startAccount(this.#options, join(path, 'soracom'), agentAddress, firstSecrets);
    this.#started(soracom, (api) => api.close());
    const preSharedKey = beamKeyOf(soracom.state, simOf(agentAddress)!, clock) ?? firstSecrets.preSharedKey;
    const demo = this.#demoIn(path);
    const secrets = { listen: strings.listen, preSharedKey };
    const cloud = this.#part(cloudProgram(configuration, path, secrets, env, demo?.cloudEnvironment()));
    const health = `${addressesOf(configuration).api}/health`;
    const logFile = join(path, 'logs', `${cloud.name}.log`);
    const awaiting = { name: cloud.name, url: health, logFile, clock, withinMs: READY_WITHIN_MS };
    await this.#start(cloud, CLOUD_STOP_MS, () => answering(awaiting));

    this.#goOn();
    this.#started(await startMetadataFor(soracom.state, this.#options), (metadata) => metadata.stop());
    this.#started(await startBeamFor(soracom.state, this.#options), (beam) => beam.stop());
    let agentPosted = () => {};
    const firstPost = new Promise<void>((posted) => {
      agentPosted = posted;
    });
    const agentSim = simOf(agentAddress)?.imsi;
    const onTaken = ({ imsi }: Sim) => imsi === agentSim && agentPosted();
    this.#started(await startFunnelFor(soracom.state, this.#options, strings.send, onTaken), async (funnel) => {
      const givenUp = await funnel.stop(STOP_MS);
      if (givenUp > 0) tell(`Funnel gave up ${givenUp} events that Event Hubs did not take.`);
    });

    const agent = this.#part(agentProgram(configuration, path, localAddress));
    await this.#start(agent, STOP_MS, async () => {
      const posted = await Promise.race([firstPost.then(() => true), clock.sleep(FIRST_POST_WITHIN_MS)]);
      if (!posted) tell(`The agent has not posted anything yet; see ${join(path, 'logs/agent.log')}.`);
    });

    this.#goOn();
    if (configuration.fleet.devices > 0) await this.#startFleet(path, demo);
    const soracomEnvironment = environmentFileIn(join(path, 'soracom'));
    tell(banner({ configuration, data: path, connectionStrings, agentAddress, soracomEnvironment }));
    if (demo) this.#started(await demo.start(addressesOf(configuration), tell), (running) => running.stop());
  }

  #explained(error: unknown): unknown {
    const full = ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException | undefined)?.code ?? '');
    return full && this.#data ? directoryError(this.#data.path, error) : error;
  }

  async #stopAll(): Promise<void> {
    await this.#stopStarted();
    // What was being started when the stop came has been told to end, or ends its start by itself.
    await this.#starting?.catch(() => {});
    await this.#stopStarted();
    await this.#data?.release();
  }

  async #stopStarted(): Promise<void> {
    for (let stop = this.#stops.pop(); stop; stop = this.#stops.pop()) await stop();
  }

  /** Between two steps of starting: nothing more is started once the stop has come. */
  #goOn(): void {
    if (this.#stopping) throw new TashikaError('PROGRAM_ENDED', 'Stopped while starting.');
  }

  #part(program: Program): Part {
    const { clock, tell, onHopeless } = this.#options;
    const part = new Part({
      ...program,
      logFile: join(this.#data!.path, 'logs', `${program.name}.log`),
      clock,
      tell,
      onHopeless,
      attempt: (write) => this.#disk.attempt(write),
      onChange: () => this.#notePids(),
    });
    this.#parts.push(part);
    return part;
  }

  #notePids(): void {
    const pids = this.#parts.flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
    this.#disk.attempt(() => this.#data?.note(pids));
  }

  async #start(part: Part, stopWithinMs: Duration, isReady: (part: Part) => Promise<void>): Promise<void> {
    this.#goOn();
    this.#options.tell(`Starting ${part.name} …`);
    this.#stops.push(() => part.stop(stopWithinMs));
    await part.start(isReady);
  }

  /** What stops something is called when the stack stops, the last started first. */
  #started<Service>(service: Service, stop: (service: Service) => Promise<unknown>): void {
    this.#stops.push(() => stop(service));
  }

  #demoIn(data: string): RolloutDemo | undefined {
    const { configuration, clock } = this.#options;
    if (configuration.rollout === 'none') return undefined;
    const attempt = (write: () => void) => this.#disk.attempt(write);
    return new RolloutDemo({ data, ...configuration.fleet, clock, attempt });
  }

  async #startFleet(data: string, demo: RolloutDemo | undefined): Promise<void> {
    const { configuration, clock, tell } = this.#options;
    const { devices, rate, seed } = configuration.fleet;
    const fleet: Fleet = await startFleet({
      devices,
      funnelUrl: addressesOf(configuration).funnel,
      seed,
      intervalMs: 1_000 / rate,
      dataDirectory: join(data, 'fleet'),
      onWrite: (failure) => this.#disk.wrote(failure),
      clock,
      ...(demo && { agentOf: (number: number) => demo.agentOf(number) }),
    });
    this.#stops.push(async () => {
      const held = await fleet.stop(FLEET_DRAIN_MS);
      if (held > 0) tell(`The fleet keeps ${held} readings for the next run.`);
    });
  }
}

function portsOf({ api, funnel, eventHubs, metadata, beam, soracomApi }: LocalConfiguration) {
  return [
    { number: api.port, variable: 'TASHIKA_API_PORT', protocols: ['tcp'] },
    { number: funnel.httpPort, variable: 'TASHIKA_FUNNEL_HTTP_PORT', protocols: ['tcp'] },
    { number: funnel.port, variable: 'TASHIKA_FUNNEL_PORT', protocols: ['tcp', 'udp'] },
    { number: eventHubs.port, variable: 'TASHIKA_EVENT_HUBS_PORT', protocols: ['tcp'] },
    { number: metadata.port, variable: 'TASHIKA_METADATA_PORT', protocols: ['tcp'] },
    { number: beam.port, variable: 'TASHIKA_BEAM_PORT', protocols: ['tcp'] },
    { number: soracomApi.port, variable: 'TASHIKA_SORACOM_API_PORT', protocols: ['tcp'] },
  ] as const;
}
