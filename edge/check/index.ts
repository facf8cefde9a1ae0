import { holderOf } from '@tashika/shared/data-directory';
import { systemClock } from '@tashika/shared/time';
import { pino } from 'pino';
import type { SynchronisationProbe } from '../clock/index.ts';
import type { LocalSettings } from '../config/index.ts';
import { type CheckLine, createSensors, type SensorsOptions } from '../sensors/index.ts';
import { checkClock } from './clock.ts';
import { checkDisk } from './disk.ts';
import { checkHealth } from './health.ts';
import { checkLink } from './link.ts';
import { checkReceipts } from './receipts.ts';
import { findRegion } from './region.ts';
import { asJson, asText, passed } from './report.ts';
import { checkSettings, sourcesOf } from './settings.ts';
import { checkSim } from './sim.ts';
import { checkSpool } from './spool.ts';
import { checkUnits } from './units.ts';
import { checkUpdate } from './update.ts';
import { findConfiguration } from './user-data.ts';
import { checkVersions } from './versions.ts';

export interface CheckOptions {
  readonly stdout: { write(text: string): unknown };
  /** One JSON object instead of lines for a person. */
  readonly json?: boolean;
  readonly roots?: SensorsOptions['roots'];
  readonly probes?: readonly SynchronisationProbe[];
}

/**
 * Looks at everything that the agent needs, and says what it finds and what to do about it. It leaves everything as
 * it was, and can run beside a working agent. The one message that it sends bears no reading and is not counted.
 *
 * @returns the exit code: 0, or 1 when something failed
 * @throws TashikaError `CONFIG_INVALID` where the device's own settings are wrong
 */
export async function runCheck(local: LocalSettings, options: CheckOptions): Promise<number> {
  const { roots, probes, json, stdout } = options;
  const { configuration, groupRegion, userData, lines } = await findConfiguration(local);
  const logger = pino({ level: 'silent' });
  const sensors = createSensors(configuration.sensors, { clock: systemClock, logger, ...(roots && { roots }) });
  const checks: readonly (readonly CheckLine[])[] = await Promise.all([
    checkVersions(),
    checkSettings(local, userData),
    lines,
    checkSim(configuration),
    checkUnits(configuration.sensors),
    ...sensors.map((sensor) => sensor.check()),
    checkDisk(configuration),
    checkSpool(configuration.dataDirectory),
    holderOf(configuration.dataDirectory).then((agent) => checkHealth(configuration.health, agent)),
    checkClock(configuration.clock.trusted, systemClock.now(), probes),
    findRegion(configuration, groupRegion).then(async ({ region, line }) => [
      line,
      ...(await checkLink(configuration, region)),
    ]),
    checkReceipts(configuration),
    checkUpdate(configuration),
  ]);
  const found = checks.flat();
  stdout.write(json ? asJson(found, sourcesOf(local, userData)) : asText(found));
  return passed(found) ? 0 : 1;
}
