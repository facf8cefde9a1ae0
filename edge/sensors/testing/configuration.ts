import { loadConfiguration } from '@tashika/shared/config';
import Type from 'typebox';
import { type SensorsConfiguration, sensorsSchema } from '../config.ts';

/** The `sensors` section as the agent would load it, defaults filled in. The machine itself is off unless asked for. */
export function sensorsConfiguration(sensors: object = {}): SensorsConfiguration {
  return loadConfiguration({
    schema: Type.Object({ sensors: sensorsSchema }),
    prefix: 'TASHIKA_SENSORS_TEST',
    env: {},
    overrides: { sensors: { system: { enabled: false }, ...sensors } },
  }).sensors;
}
