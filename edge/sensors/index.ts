import { TashikaError } from '@tashika/shared/errors';
import type { Clock } from '@tashika/shared/time';
import type { Logger } from 'pino';
import { type SensorsConfiguration, sensorProblems } from './config.ts';
import { gpioDriver } from './gpio/gpio.ts';
import { modbusDriver } from './modbus/modbus.ts';
import { mqttDriver } from './mqtt/mqtt.ts';
import type { SensorSource } from './port.ts';
import { reportedBy } from './reporting/index.ts';
import type { PositionListener } from './serial/byte-reader.ts';
import { serialDriver } from './serial/serial.ts';
import { supervise } from './supervisor.ts';
import { type SystemRoots, systemDriver } from './system/system.ts';

export { type SensorsConfiguration, sensorProblems, sensorsSchema } from './config.ts';
export type { CheckLine, Measurement, SensorFigures, SensorSink, SensorSource, SensorState } from './port.ts';

export interface SensorsOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Hears where the device is, from the receiver that is configured to say it. */
  readonly onPosition?: PositionListener | undefined;
  /** Where the kernel shows the machine's hardware; elsewhere only in tests. */
  readonly roots?: Partial<KernelRoots>;
}

interface KernelRoots extends SystemRoots {
  readonly gpio: string;
  /** Where libgpiod's programs are; left out, where PATH says. */
  readonly gpioTools?: string;
}

const SYSFS: KernelRoots = {
  thermal: '/sys/class/thermal',
  block: '/sys/block',
  platform: '/sys/devices/platform',
  hwmon: '/sys/class/hwmon',
  gpio: '/sys/class/gpio',
};

/**
 * Every configured sensor, each under its own supervisor, none started.
 *
 * @throws TashikaError `CONFIG_INVALID` where two sensors get in each other's way
 */
export function createSensors(configuration: SensorsConfiguration, options: SensorsOptions): SensorSource[] {
  const problems = sensorProblems(configuration);
  if (problems.length > 0) throw new TashikaError('CONFIG_INVALID', problems.join('\n'));
  const { clock } = options;
  const roots = { ...SYSFS, ...options.roots };
  const drivers = [
    ...(configuration.system.enabled ? [systemDriver(configuration.system, clock, roots)] : []),
    ...configuration.serial.map((each) => serialDriver(each, clock, options.onPosition)),
    ...configuration.modbus.map((each) => modbusDriver(each, clock)),
    ...configuration.gpio.map((each) => gpioDriver(each, clock, roots)),
    ...configuration.mqtt.map((each) => mqttDriver(each, clock)),
  ];
  return drivers.map((driver) => reportedBy(configuration.reporting, supervise(driver, options), { clock }));
}
