import type { RegionCode } from '@tashika/shared/regions';
import type { Clock, Duration } from '@tashika/shared/time';
import type { Measurement, SensorSink, SensorsConfiguration } from '../sensors/index.ts';
import { Journey } from './journey.ts';
import type { Position } from './prefectures.ts';

/** What makes the readings of a moving device carry the prefecture where they were taken. */
export interface Travel {
  /** Takes a fix of the device's receiver. @param atMs when it came, as `clock.monotonic()` */
  fix(position: Position, atMs: Duration): void;
  /** Where the device is now, if that is known. */
  readonly region: RegionCode | undefined;
  /** The same sink, which also says where a measurement was taken, if that is known and not said yet. */
  located(sink: SensorSink): SensorSink;
}

/**
 * The travel of a device with a receiver that says where it is (`sensors.serial[].position`). For any other there is
 * none, and the outlines of the prefectures stay on the disk.
 */
export async function travelOf(sensors: SensorsConfiguration, clock: Clock): Promise<Travel | undefined> {
  const receiver = sensors.serial.find(({ position }) => position);
  if (!receiver) return undefined;
  const { Prefectures } = await import('./prefectures.ts');
  const journey = new Journey(new Prefectures(), receiver.positionMaxAgeMs);
  const located = (measurement: Measurement): Measurement => {
    const region = measurement.region ?? journey.regionAt(measurement.at?.monotonicMs ?? clock.monotonic());
    return region === undefined ? measurement : { ...measurement, region };
  };
  return {
    fix: (position, atMs) => journey.fix(position, atMs),
    get region() {
      return journey.regionAt(clock.monotonic());
    },
    located: (sink) => ({
      measured: (measurement) => sink.measured(located(measurement)),
      state: (state, detail) => sink.state(state, detail),
    }),
  };
}
