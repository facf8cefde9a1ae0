import type { Logger, Store } from '@tashika/cloud/store';
import type { TestClock, Timestamp } from '@tashika/shared/time';
import { DeviceStream } from './device-stream.ts';
import { type Api, injectLine } from './inject-line.ts';
import { LedgerLine, type SentPost } from './ledger-line.ts';
import { GOOD, type ImageEffect, type ModelDevice, ModelFleet, type ModelFleetOptions } from './model/index.ts';
import { type Installed, Updater } from './updater.ts';

export interface SimulationOptions {
  readonly store: Store;
  readonly clock: TestClock;
  readonly logger: Logger;
  readonly fleet: Omit<ModelFleetOptions, 'at'>;
  readonly tenant: string;
  readonly preSharedKey: string;
  /** What each version does to a device, beside what the field does. */
  readonly effects: Readonly<Record<string, ImageEffect>>;
  /** Told of each request of an updater that failed. */
  readonly onTrouble: (error: unknown) => void;
}

interface SimulatedDevice {
  readonly model: ModelDevice;
  readonly stream: DeviceStream;
  readonly updater: Updater;
  /** When its updater asks next. */
  pollAt: Timestamp;
}

/** Updaters that ask at the same time. */
const AT_ONCE = 32;

/**
 * A fleet of the model that updates: its devices post into the real ledger and ask the real updates' server, all by the
 * clock that is passed in, which it moves on step by step.
 */
export class Simulation {
  readonly fleet: ModelFleet;
  readonly #options: SimulationOptions;
  readonly #line: LedgerLine;
  readonly #devices: readonly SimulatedDevice[];
  #api: Api | undefined;

  private constructor(options: SimulationOptions, line: LedgerLine) {
    const { clock, tenant, preSharedKey } = options;
    this.#options = options;
    this.#line = line;
    this.fleet = new ModelFleet({ ...options.fleet, at: clock.now() });
    this.#devices = this.fleet.devices.map((model) => {
      const attributes = () => ({ board: model.board, agentVersion: model.version });
      const way = injectLine(() => this.#api!, { imsi: model.imsi, preSharedKey, clock });
      const install = ({ version }: Installed) => this.#install(model, version);
      const updater = new Updater({ tenant, controllerId: model.controllerId, attributes, install }, way);
      return { model, stream: new DeviceStream(model), updater, pollAt: clock.now() };
    });
  }

  static async open(options: SimulationOptions): Promise<Simulation> {
    const { store, clock, logger } = options;
    return new Simulation(options, await LedgerLine.open(store, clock, logger));
  }

  /** Where the updaters ask from now on; without it they don't. */
  asks(api: Api | undefined): void {
    this.#api = api;
  }

  /**
   * Moves all on by one step of the model: what the devices did is committed, and those that have a network ask.
   *
   * @param heard whether the ledger hears of it: a store that has this time already is passed by
   */
  async step(heard = true): Promise<void> {
    const { clock, fleet } = this.#options;
    await clock.advance(this.fleet.now + fleet.stepMs - clock.now());
    const now = clock.now();
    const sent: SentPost[] = [];
    const awake: SimulatedDevice[] = [];
    this.fleet.step((model, step) => {
      const device = this.#devices[model.number]!;
      for (const post of device.stream.posts(step, now, fleet.stepMs)) sent.push({ imsi: model.imsi, post });
      // The updater is a process of its own: it goes on asking where an image has silenced the agent.
      const isSilenced = this.#effectOf(model).silentAfterMs !== undefined;
      if ((step.posts > 0 || isSilenced) && !model.isDead(now)) awake.push(device);
    });
    if (!heard) return;
    await this.#line.commit(sent);
    if (this.#api) await this.#poll(awake.filter(({ pollAt }) => pollAt <= now));
  }

  async #poll(devices: SimulatedDevice[]): Promise<void> {
    const { clock } = this.#options;
    const next = devices.values();
    const work = async () => {
      for (const device of next) {
        try {
          device.pollAt = clock.now() + (await device.updater.poll());
        } catch (error) {
          this.#options.onTrouble(error); // asks again in the next step
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }

  #install(model: ModelDevice, version: string): void {
    model.install(version, this.#options.effects[version] ?? GOOD, this.#options.clock.now());
  }

  #effectOf({ version }: ModelDevice): ImageEffect {
    return this.#options.effects[version] ?? GOOD;
  }
}
