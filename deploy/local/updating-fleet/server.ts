import { Readable } from 'node:stream';
import { createApi } from '@tashika/cloud/api';
import type { Rollout } from '@tashika/cloud/api/fleet';
import { openBundles } from '@tashika/cloud/fleet/bundles';
import { Updaters } from '@tashika/cloud/fleet/ddi';
import { endedRound, ledgerGate, sampleRound } from '@tashika/cloud/fleet/gate';
import { ImageRegistry } from '@tashika/cloud/fleet/registry';
import { stepAll } from '@tashika/cloud/fleet/rollout';
import { regionCompleteness } from '@tashika/cloud/ledger';
import { createMetrics } from '@tashika/cloud/metrics';
import type { Store } from '@tashika/cloud/store';
import type { Clock, Duration } from '@tashika/shared/time';
import { pino } from 'pino';
import type { Api } from './inject-line.ts';
import type { SimulatedImage } from './simulated-image.ts';

export interface SimulatedServerOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** Where bundles are kept, and who may sign them. */
  readonly bundles: string;
  readonly keyringFile: string;
  readonly tenant: string;
  readonly preSharedKey: string;
  /** Length of a round of the gate, in ms. */
  readonly sampleMs: Duration;
  /** How often updaters are told to ask, in ms. */
  readonly pollMs: Duration;
}

const BY = 'simulation';

/**
 * The cloud's server as `tashika-cloud api` wires it, without a port and without timers of its own: whoever moves the
 * clock ticks it. What it holds in memory is gone with it; another one goes on over the same store.
 */
export class SimulatedServer {
  readonly api: Api;
  readonly #options: SimulatedServerOptions;
  readonly #registry: ImageRegistry;
  readonly #close: () => Promise<unknown>;

  private constructor(
    options: SimulatedServerOptions,
    api: Api,
    registry: ImageRegistry,
    close: () => Promise<unknown>,
  ) {
    this.#options = options;
    this.api = api;
    this.#registry = registry;
    this.#close = close;
  }

  static async open(options: SimulatedServerOptions): Promise<SimulatedServer> {
    const { store, clock, tenant, preSharedKey, pollMs, sampleMs, keyringFile } = options;
    const bundles = await openBundles(options.bundles, clock);
    const beam = { preSharedKeys: [preSharedKey], toleranceMs: 300_000 };
    const images = new ImageRegistry({ store, clock, logger, bundles, settings: { keyringFile, mostScanCvss: 10 } });
    const updaters = new Updaters({ store, clock, logger, tenant, beam, bundles, pollMs });
    const completeness = regionCompleteness(store, clock);
    const app = await createApi({
      ...{ store, clock, logger, beam, images, completeness },
      rollouts: { tenant, sampleMs },
      updaters: { updaters, forwardedHosts: [] },
      metrics: createMetrics({ store, clock, completeness, stalledAfterMs: NEVER_MS }),
      redrive: { one: async () => undefined, ofReason: async () => ({ counted: 0, stillRefused: 0, next: null }) },
      silentAfterMs: NEVER_MS,
      stalledAfterMs: NEVER_MS,
    });
    return new SimulatedServer(options, app, images, () => app.close());
  }

  /** Brings an image into the registry, as `tashika fleet import` does. */
  async bringIn({ record, sbom, bundle }: SimulatedImage): Promise<void> {
    const { sha256, bytes } = record.bundle;
    await this.#registry.bundles.put({ sha256, bytes, mostBytes: bytes }, Readable.from([bundle]));
    await this.#registry.import({ record, sbom, by: BY });
  }

  /** Plans a rollout and starts it. @throws Error with what the server says */
  async rollOut(plan: object & { readonly id: string }): Promise<void> {
    await this.#order('/api/fleet/rollouts', { ...plan, by: BY });
    await this.#order(`/api/fleet/rollouts/${plan.id}/start`, { by: BY });
  }

  async rollout(id: string): Promise<Rollout> {
    return (await this.api.inject(`/api/fleet/rollouts/${id}`)).json() as Rollout;
  }

  async #order(url: string, payload: object): Promise<void> {
    const answer = await this.api.inject({ method: 'POST', url, payload });
    if (answer.statusCode >= 300) throw new Error(`${url} was answered ${answer.statusCode}: ${answer.payload}`);
  }

  /** What the server does of itself: rounds for the gate, and steps of rollouts. */
  async tick(): Promise<void> {
    const { store, clock, tenant, sampleMs } = this.#options;
    const samplesDays = SAMPLES_DAYS;
    await sampleRound(store, endedRound(clock.now(), sampleMs), { sampleMs });
    const gate = ledgerGate({ sampleMs, samplesDays });
    await stepAll({ store, clock, logger, settings: { tenant, tickMs: 0 }, gate });
  }

  close(): Promise<unknown> {
    return this.#close();
  }
}

const SAMPLES_DAYS = 3;
const NEVER_MS = 365 * 86_400_000;
const logger = pino({ level: process.env.TASHIKA_SIMULATION_LOG ?? 'silent' });
