import { TestClock } from '@tashika/shared/time';
import { expect, it } from 'vitest';
import { sensorsConfiguration } from '../sensors/testing/configuration.ts';
import { RecordingSink } from '../sensors/testing/recording-sink.ts';
import { travelOf } from './index.ts';

const YOKOHAMA = { latitude: 35.4478, longitude: 139.6425 };

function receiver(settings: object) {
  return sensorsConfiguration({ serial: [{ name: 'gps', path: '/dev/ttyACM0', format: 'nmea', ...settings }] });
}

it('readings of a device that travels carry the prefecture of the last fix, while it is fresh', async () => {
  const clock = new TestClock();
  const travel = (await travelOf(receiver({ position: true, positionMaxAgeMs: 60_000 }), clock))!;
  const sink = new RecordingSink();
  const located = travel.located(sink);
  const measured = () => {
    located.measured({ sensor: 'house/temp', value: 1 });
    return sink.measurements.at(-1)!.region;
  };
  expect(measured()).toBeUndefined();
  travel.fix(YOKOHAMA, clock.monotonic());
  expect(measured()).toBe('14');
  await clock.advance(60_000);
  expect(measured()).toBe('14');
  await clock.advance(1);
  expect(measured()).toBeUndefined();
  located.measured({ sensor: 'house/temp', value: 2, at: { monotonicMs: 30_000 } });
  expect(sink.measurements.at(-1)!.region).toBe('14');
  located.state('failed', 'gone');
  expect(sink.states).toEqual([{ state: 'failed', detail: 'gone' }]);
});

it('a device without a receiver that says where it is does not travel', async () => {
  expect(await travelOf(receiver({}), new TestClock())).toBeUndefined();
});
