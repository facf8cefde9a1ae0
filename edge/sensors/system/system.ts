import { availableParallelism, freemem, loadavg, totalmem, uptime } from 'node:os';
import type { Clock, Duration } from '@tashika/shared/time';
import { aborted } from '../aborted.ts';
import type { DeviceSession, SensorDriver } from '../driver.ts';
import type { Measurement } from '../port.ts';
import { checkMachine, NO_TEMPERATURE } from './check.ts';
import { modemOf } from './modem.ts';
import { type PowerRoots, powerMeasurements, powerState } from './power.ts';
import { systemPrograms } from './program.ts';
import type { SystemConfiguration } from './settings.ts';
import { signalMeasurements } from './signal.ts';
import { processorTemperature } from './temperature.ts';
import { diskWear, wearMeasurements } from './wear.ts';

export interface SystemRoots extends PowerRoots {
  /** Where the kernel shows its thermal zones: `/sys/class/thermal`. */
  readonly thermal: string;
  /** Where it shows its disks: `/sys/block`. */
  readonly block: string;
  /** Where `vcgencmd` and `mmcli` are; left out, where PATH says. */
  readonly programs?: string;
}

/** The machine itself: its load and heat often; its supply, the wear of its disk and its modem's signal now and then. */
export function systemDriver(configuration: SystemConfiguration, clock: Clock, roots: SystemRoots): SensorDriver {
  const { intervalMs, slowIntervalMs } = configuration;
  const limits = { withinMs: configuration.modem.answerMs, folder: roots.programs };
  return {
    name: 'system',
    async run(session, signal) {
      const life = new AbortController();
      const ending = AbortSignal.any([signal, life.signal]);
      const programs = systemPrograms({ ...limits, signal: ending });
      const modem = modemOf(configuration.modem, clock, programs, ending);
      const notes = new Notes(session);
      const take = (measurements: readonly Measurement[]) => {
        const at = { monotonicMs: clock.monotonic() };
        for (const measurement of measurements) session.measured({ ...measurement, at });
      };
      const fast = async () => {
        const temperature = await processorTemperature(roots.thermal);
        notes.say('temperature', temperature === undefined ? NO_TEMPERATURE : undefined);
        take(load(temperature));
      };
      const slow = async () => {
        take(powerMeasurements(await powerState(roots, programs)));
        take((await diskWear(roots.block)).flatMap(wearMeasurements));
        const { signal: heard = {}, problem } = await modem.ask(slowIntervalMs);
        take(signalMeasurements(heard));
        notes.say('modem', problem && `The modem's signal is not known: ${problem}`);
      };
      const loops = [repeat(fast, intervalMs, clock, ending), repeat(slow, slowIntervalMs, clock, ending)];
      try {
        // A port that can't even be opened is left behind when the agent stops.
        await Promise.race([Promise.all(loops), aborted(signal)]);
      } finally {
        life.abort();
      }
    },
    check() {
      const programs = systemPrograms(limits);
      return checkMachine(roots, programs, modemOf(configuration.modem, clock, programs));
    },
  };
}

/** Does it at once and then in every interval. */
async function repeat(task: () => Promise<void>, everyMs: Duration, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const startedAt = clock.monotonic();
    await task();
    const restMs = Math.max(0, everyMs - (clock.monotonic() - startedAt));
    await clock.sleep(restMs, signal).catch(() => {});
  }
}

/** What is worth knowing of a running source, said in one sentence after the other. */
class Notes {
  readonly #session: DeviceSession;
  readonly #notes = new Map<string, string>();

  constructor(session: DeviceSession) {
    this.#session = session;
  }

  say(subject: string, note: string | undefined): void {
    if (note === undefined) this.#notes.delete(subject);
    else this.#notes.set(subject, note);
    this.#session.running(this.#notes.size > 0 ? [...this.#notes.values()].join(' ') : undefined);
  }
}

function load(temperature: number | undefined): readonly Measurement[] {
  return [
    ...(temperature === undefined ? [] : [{ sensor: 'system/cpu-temp', unit: 'Cel', value: temperature }]),
    // The load average of one minute over the processors: 1 is a machine that is just busy.
    { sensor: 'system/load', unit: '/', value: loadavg()[0]! / availableParallelism() },
    { sensor: 'system/memory-used', unit: '/', value: 1 - freemem() / totalmem() },
    { sensor: 'system/memory-available', unit: 'B', value: freemem() },
    { sensor: 'system/uptime', unit: 's', value: uptime() },
  ];
}
