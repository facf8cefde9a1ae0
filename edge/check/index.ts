import { systemClock } from '@tashika/shared/time';
import { pino } from 'pino';
import type { SynchronisationProbe } from '../clock/index.ts';
import type { EdgeConfiguration } from '../config/index.ts';
import { type CheckLine, createSensors, type SensorsOptions } from '../sensors/index.ts';
import { checkClock } from './clock.ts';
import { checkDisk } from './disk.ts';
import { checkLink } from './link.ts';
import { checkRegion } from './region.ts';
import { asJson, asText, passed } from './report.ts';
import { checkSettings } from './settings.ts';
import { checkUnits } from './units.ts';

export interface CheckOptions {
  readonly stdout: { write(text: string): unknown };
  /** One JSON object instead of lines for a person. */
  readonly json?: boolean;
  /** What says where settings came from; the process's own environment if left out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly roots?: SensorsOptions['roots'];
  readonly probes?: readonly SynchronisationProbe[];
}

/**
 * Looks at everything that the agent needs, and says what it finds and what to do about it. It leaves everything as
 * it was: it can run beside a working agent, and sends no message that would be counted.
 *
 * @returns the exit code: 0, or 1 when something failed
 * @throws TashikaError `CONFIG_INVALID` where two sensors get in each other's way
 */
export async function runCheck(configuration: EdgeConfiguration, options: CheckOptions): Promise<number> {
  const lines = await look(configuration, options);
  options.stdout.write(options.json ? asJson(lines) : asText(lines));
  return passed(lines) ? 0 : 1;
}

async function look(configuration: EdgeConfiguration, options: CheckOptions): Promise<readonly CheckLine[]> {
  const { env = process.env, roots, probes } = options;
  const logger = pino({ level: 'silent' });
  const sensors = createSensors(configuration.sensors, { clock: systemClock, logger, ...(roots && { roots }) });
  const found = await Promise.all([
    checkSettings(configuration, env),
    checkUnits(configuration.sensors),
    ...sensors.map((sensor) => sensor.check()),
    checkDisk(configuration),
    checkClock(configuration.clock.trusted, systemClock.now(), probes),
    checkRegion(configuration),
    checkLink(configuration),
  ]);
  return found.flat();
}
