import { availableParallelism, freemem, loadavg, totalmem, uptime } from 'node:os';
import type { Clock } from '@tashika/shared/time';
import type { SensorDriver } from '../driver.ts';
import type { Measurement } from '../port.ts';
import type { SystemConfiguration } from './settings.ts';
import { processorTemperature } from './temperature.ts';

interface SystemRoots {
  /** Where the kernel shows its thermal zones: `/sys/class/thermal`. */
  readonly thermal: string;
}

const NO_TEMPERATURE = 'This machine shows no processor temperature; load, memory and uptime are measured.';

/** The machine itself: processor temperature where there is one, load, memory, uptime. */
export function systemDriver({ intervalMs }: SystemConfiguration, clock: Clock, roots: SystemRoots): SensorDriver {
  return {
    name: 'system',
    async run(session, signal) {
      while (!signal.aborted) {
        const startedAt = clock.monotonic();
        const temperature = await processorTemperature(roots.thermal);
        session.running(temperature === undefined ? NO_TEMPERATURE : undefined);
        for (const measurement of machine(temperature))
          session.measured({ ...measurement, at: { monotonicMs: startedAt } });
        const rest = Math.max(0, intervalMs - (clock.monotonic() - startedAt));
        await clock.sleep(rest, signal).catch(() => {});
      }
    },
    async check() {
      const temperature = await processorTemperature(roots.thermal);
      const detail = temperature === undefined ? NO_TEMPERATURE : `The processor has ${temperature} °C.`;
      return [{ subject: 'system', verdict: temperature === undefined ? 'warn' : 'ok', detail }];
    },
  };
}

function machine(temperature: number | undefined): readonly Measurement[] {
  return [
    ...(temperature === undefined ? [] : [{ sensor: 'system/cpu-temp', unit: 'Cel', value: temperature }]),
    // The load average of one minute over the processors: 1 is a machine that is just busy.
    { sensor: 'system/load', unit: '/', value: loadavg()[0]! / availableParallelism() },
    { sensor: 'system/memory-used', unit: '/', value: 1 - freemem() / totalmem() },
    { sensor: 'system/memory-available', unit: 'B', value: freemem() },
    { sensor: 'system/uptime', unit: 's', value: uptime() },
  ];
}
