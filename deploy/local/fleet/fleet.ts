import { TashikaError } from '@tashika/shared/errors';
import type { RegionCode } from '@tashika/shared/regions';
import { type Clock, type Duration, systemClock } from '@tashika/shared/time';
import { Account, type Taken } from './account.ts';
import { Device, type DeviceAgent, type Field } from './device.ts';
import { FIELD_HABITS, type Habits } from './habits.ts';
import { Journal } from './journal.ts';
import { addressOf, MAX_DEVICES, placesOf } from './places.ts';
import { openRadio } from './radio.ts';

export interface FleetOptions {
  readonly devices: number;
  /** Funnel's HTTP entry point. */
  readonly funnelUrl: string;
  readonly seed?: number;
  readonly clock?: Clock;
  /** Where the devices' streams and unsent posts are kept; without it a new run has new streams. */
  readonly dataDirectory?: string;
  /** Between two posts of a device, by day, on average, in ms. */
  readonly intervalMs?: Duration;
  /** How many posts each device takes; without it the fleet goes on until it is stopped. */
  readonly postsPerDevice?: number;
  readonly habits?: Partial<Habits>;
  /** What runs on the n-th device, where that can be exchanged. */
  readonly agentOf?: (number: number) => DeviceAgent;
  /** The wait after a post that was not taken, in ms; it doubles up to 16 times that. */
  readonly retryMs?: Duration;
  /** Told how each write to `dataDirectory` went: why it failed, when nothing is measured, or undefined. */
  readonly onWrite?: (failure: unknown) => void;
  /** How far back `taken` remembers, in ms. */
  readonly accountKeepMs?: Duration;
}

export interface Fleet {
  /** What the devices took in this run, by the minute and region that their clocks tell. */
  taken(): readonly Taken[];
  /** Readings taken that Funnel has not taken yet. */
  held(): number;
  /** Resolves once each device has taken its `postsPerDevice` and Funnel has taken them all. */
  readonly finished: Promise<void>;
  /** Ends measuring, posts what is held within `withinMs`, and returns how many readings are still held. */
  stop(withinMs?: Duration): Promise<number>;
}

/**
 * Starts simulated devices over the 47 prefectures, each with a SIM of its own, with a field's habits. Posts are wire
 * format v1; each is tried until Funnel takes it.
 *
 * @throws TashikaError `USAGE` for more devices than there are addresses; `DISK_FULL`, `DATA_DIRECTORY_UNWRITABLE`
 */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  if (options.devices > MAX_DEVICES)
    throw new TashikaError('USAGE', `A fleet has at most ${MAX_DEVICES} devices, ${options.devices} were asked for.`);
  const { clock = systemClock } = options;
  const radio = await openRadio(options.funnelUrl, addressOf(0));
  const journal = new Journal(options.dataDirectory, options.onWrite);
  const account = new Account(options.accountKeepMs ?? 3 * 3_600_000);
  const progress = new Progress();
  const field: Field = {
    clock,
    seed: options.seed ?? 1,
    habits: { ...FIELD_HABITS, ...options.habits },
    intervalMs: options.intervalMs ?? 10_000,
    postsPerDevice: options.postsPerDevice ?? Number.POSITIVE_INFINITY,
    retryMs: options.retryMs ?? 500,
    journal,
    account,
    radio,
    agentOf: options.agentOf,
    onProgress: () => progress.made(),
  };
  const devices = placesOf(options.devices).map(
    (region, number) => new Device(field, number, addressOf(number), region),
  );
  const done = () => devices.every((device) => device.done);
  const held = () => devices.reduce((sum, device) => sum + device.heldReadings, 0);
  for (const device of devices) device.start();
  return {
    taken: () => account.taken(),
    held,
    finished: progress.until(done),
    stop: async (withinMs = 10_000) => {
      for (const device of devices) device.finish();
      const outOfTime = new AbortController();
      await Promise.race([progress.until(done), clock.sleep(withinMs, outOfTime.signal).catch(() => {})]);
      outOfTime.abort();
      for (const device of devices) device.stop();
      radio.close();
      journal.close();
      return held();
    },
  };
}

/** The region of the SIM at each address of a fleet: what its tag `pref` says. */
export function regionsByAddress(devices: number): ReadonlyMap<string, RegionCode> {
  return new Map(placesOf(devices).map((region, number) => [addressOf(number), region]));
}

/** Lets waiters look again after each step. */
class Progress {
  readonly #waiters = new Set<() => void>();

  made(): void {
    for (const look of this.#waiters) look();
  }

  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!condition()) return;
        this.#waiters.delete(look);
        resolve();
      };
      this.#waiters.add(look);
      look();
    });
  }
}
