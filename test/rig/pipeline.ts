import { join } from 'node:path';
import { type Funnel, type FunnelOptions, startFunnel } from '@tashika/deploy/local/funnel';
import { onTestFinished } from 'vitest';
import { Broker } from './broker.ts';
import { CloudApi } from './cloud-api.ts';
import { temporaryDirectory } from './directory.ts';
import { eventsIn } from './hub.ts';
import { freePort } from './port.ts';
import { Program } from './program.ts';
import { until } from './until.ts';

const HUB = 'telemetry';

/**
 * Funnel, Event Hubs and the cloud program as in production, on this machine: the broker and the cloud are processes
 * that can be killed and started again on the same data and the same port.
 */
export interface Pipeline {
  readonly directory: string;
  readonly funnel: Funnel;
  readonly api: CloudApi;
  readonly sendConnectionString: string;
  readonly listenConnectionString: string;
  killBroker(): Promise<void>;
  startBroker(): Promise<void>;
  killCloud(): Promise<void>;
  startCloud(): Promise<void>;
  readonly cloud: Program;
  /** Waits until Funnel has passed on all that it took and the worker has committed every event of the hub. */
  settled(): Promise<void>;
}

export interface PipelineOptions {
  readonly partitions?: number;
  readonly faults?: FunnelOptions['faults'];
  /** Runs when devices can post already and nobody reads the hub yet. */
  readonly beforeCloud?: (funnel: Funnel) => Promise<void>;
  /** Added to the cloud program's environment. */
  readonly cloudEnv?: Readonly<Record<string, string>>;
}

export async function startPipeline(options: PipelineOptions = {}): Promise<Pipeline> {
  const directory = temporaryDirectory();
  const apiPort = await freePort();
  let cloud: Program;

  async function startCloud(): Promise<void> {
    cloud = new Program('cloud/dist/main.js', ['all'], {
      TASHIKA_CLOUD_EVENT_HUBS_CONNECTION_STRING: broker.listen,
      TASHIKA_CLOUD_EVENT_HUBS_HUB: HUB,
      TASHIKA_CLOUD_STORE_URL: `pglite:${join(directory, 'store')}`,
      TASHIKA_CLOUD_API_PORT: String(apiPort),
      ...options.cloudEnv,
    });
    await until(
      'the API to answer',
      () => (cloud.running ? api.answers() : Promise.reject(new Error(cloud.errors))),
      60_000,
    );
  }

  const api = new CloudApi(`http://127.0.0.1:${apiPort}`);
  const broker = await Broker.start({
    dataDirectory: join(directory, 'event-hubs'),
    hub: HUB,
    partitions: options.partitions ?? 4,
  });
  const funnel = await startFunnel({
    httpPort: 0,
    port: 0,
    unifiedPort: 0,
    connectionString: broker.send,
    hub: HUB,
    seed: 2026,
    ...(options.faults ? { faults: options.faults } : {}),
  });
  onTestFinished(async () => {
    await funnel.stop();
  });
  await options.beforeCloud?.(funnel);
  await startCloud();

  return {
    directory,
    funnel,
    api,
    get sendConnectionString() {
      return broker.send;
    },
    get listenConnectionString() {
      return broker.listen;
    },
    get cloud() {
      return cloud;
    },
    async settled() {
      await until('Funnel to have passed on all that it took', () => funnel.stats.held === 0);
      const events = await eventsIn(broker.listen, HUB);
      await until(
        `${events} events committed`,
        async () => (await api.metric('tashika_events_total')) >= events,
        120_000,
      );
    },
    startBroker: () => broker.start(),
    startCloud,
    killBroker: () => broker.kill9(),
    killCloud: () => cloud.kill9(),
  };
}
