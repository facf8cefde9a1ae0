import { TestClock } from '@tashika/shared/time';
import { describe, expect, it } from 'vitest';
import type { Measurement, SensorSink, SensorSource } from '../port.ts';
import { sensorsConfiguration } from '../testing/configuration.ts';
import { RecordingSink } from '../testing/recording-sink.ts';
import { reportedBy } from './index.ts';

/** A source that measures when the test says so, behind its rules. */
async function reported(rules: readonly object[], options: { mostNames?: number } = {}) {
  const clock = new TestClock();
  const sink = new RecordingSink();
  let inner: SensorSink | undefined;
  const scripted: SensorSource = {
    name: 'x',
    figures: { failures: 3, heldBack: 0 },
    start: async (given) => {
      inner = given;
    },
    stop: async () => {},
    check: async () => [{ subject: 'x', verdict: 'ok', detail: 'Fine.' }],
  };
  const { reporting } = sensorsConfiguration({ reporting: rules });
  const source = reportedBy(reporting, scripted, { clock, ...options });
  await source.start(sink);
  inner!.state('running');
  const measure = (value: Measurement['value'], sensor = 'x') => inner!.measured({ sensor, value });
  return { clock, sink, source, measure, state: inner!.state, heldBack: () => source.figures!.heldBack };
}

/** Value and time of each reading of `x`. */
function timed(sink: RecordingSink): [Measurement['value'], number | undefined][] {
  return sink.measurements.map(({ value, at }) => [value, at?.monotonicMs]);
}

describe('a source with reporting rules', () => {
  it('is left alone without any', () => {
    const source = {} as SensorSource;
    expect(reportedBy([], source, { clock: new TestClock() })).toBe(source);
  });

  it('passes on what no rule names, as it came', async () => {
    const { sink, measure, clock } = await reported([{ name: 'y', deadband: 9 }]);
    measure(1);
    measure(1);
    expect(sink.measurements).toEqual([
      { sensor: 'x', value: 1 },
      { sensor: 'x', value: 1 },
    ]);
    expect(clock.pending).toBe(0);
  });

  it('never throws away what is out of range: it marks it, and tells at once when that ends', async () => {
    const { sink, measure } = await reported([{ name: '*', range: [0, 10], deadband: 100, priority: 'high' }]);
    for (const value of [5, 11, 12, 6, 7]) measure(value);
    expect(sink.measurements.map(({ value, suspect, priority }) => [value, suspect, priority])).toEqual([
      [5, undefined, 'high'],
      [11, true, 'high'],
      [6, undefined, 'high'],
    ]);
  });

  it('leaves NaN to the door of the spool, and compares nothing with it', async () => {
    const { sink, measure } = await reported([{ name: '*', deadband: 1 }]);
    for (const value of [5, Number.NaN, 5.5, 7]) measure(value);
    expect(sink.valuesOf('x')).toEqual([5, Number.NaN, 7]);
  });

  it('thins out what comes too often, and still says the last of it', async () => {
    const { clock, sink, measure, heldBack } = await reported([{ name: '*', minIntervalMs: 1_000 }]);
    for (let n = 0; n < 10; n++) {
      measure(n);
      await clock.advance(100);
    }
    await clock.advance(10_000);
    expect(timed(sink)).toEqual([
      [0, 0],
      [9, 900],
    ]);
    expect(heldBack()).toBe(8);
    expect(clock.pending).toBe(0);
  });

  it('follows a slow drift, because it compares with the last reading and not with the last measurement', async () => {
    const { sink, measure, heldBack } = await reported([{ name: '*', deadband: 1 }]);
    for (let n = 0; n <= 50; n++) measure(n / 10);
    expect(sink.valuesOf('x')).toEqual([0, 1.1, 2.2, 3.3, 4.4]);
    expect(heldBack()).toBe(45);
  });

  it('repeats the last value when nothing changes, and what was held back as it was taken', async () => {
    const { clock, sink, measure, heldBack } = await reported([{ name: '*', deadband: 1, maxIntervalMs: 60_000 }]);
    measure(20);
    await clock.advance(50_000);
    measure(20.5);
    await clock.advance(70_000);
    expect(timed(sink)).toEqual([
      [20, 0],
      [20.5, 50_000],
      [20.5, 120_000],
    ]);
    expect(heldBack()).toBe(0);
  });

  it('repeats nothing while the source is down, nor a value from before', async () => {
    const { clock, sink, measure, state } = await reported([{ name: '*', deadband: 1, maxIntervalMs: 60_000 }]);
    measure(20);
    state('failed', 'Unplugged.');
    await clock.advance(200_000);
    state('running');
    await clock.advance(200_000);
    expect(timed(sink)).toEqual([[20, 0]]);
    measure(20);
    await clock.advance(60_000);
    expect(timed(sink)).toEqual([
      [20, 0],
      [20, 400_000],
      [20, 460_000],
    ]);
  });

  it('says a change that waited while the source failed, and repeats it no more', async () => {
    const { clock, sink, measure, state } = await reported([{ name: '*', minIntervalMs: 1_000, maxIntervalMs: 5_000 }]);
    measure(1);
    await clock.advance(100);
    measure(2);
    state('failed', 'Unplugged.');
    await clock.advance(100_000);
    expect(timed(sink)).toEqual([
      [1, 0],
      [2, 100],
    ]);
    expect(clock.pending).toBe(0);
  });

  it('tells changes of states at once, and their rest as often as asked', async () => {
    const { sink, measure } = await reported([{ name: '*', deadband: 0, minIntervalMs: 60_000 }]);
    for (const value of [false, false, true, true, false]) measure(value);
    expect(sink.valuesOf('x')).toEqual([false, true, false]);
  });

  it('keeps every name apart', async () => {
    const { sink, measure } = await reported([{ name: 'farm/*', deadband: 1 }]);
    measure(20, 'farm/a');
    measure(21, 'farm/b');
    measure(20, 'farm/a');
    expect(sink.measurements.map(({ sensor }) => sensor)).toEqual(['farm/a', 'farm/b']);
  });

  it('remembers a bounded number of names: the one that was quiet the longest begins anew', async () => {
    const { clock, sink, measure } = await reported([{ name: '*', deadband: 1, maxIntervalMs: 60_000 }], {
      mostNames: 2,
    });
    for (const name of ['a', 'b', 'a', 'c', 'a', 'b']) measure(20, name);
    expect(sink.measurements.map(({ sensor }) => sensor)).toEqual(['a', 'b', 'c', 'b']);
    expect(clock.pending).toBe(2);
  });

  it('says a change that still waits when it is stopped, and nothing more', async () => {
    const { clock, sink, source, measure, heldBack } = await reported([
      { name: 'x', minIntervalMs: 1_000, maxIntervalMs: 2_000 },
      { name: 'y', deadband: 5, maxIntervalMs: 2_000 },
    ]);
    for (const [value, name] of [
      [1, 'x'],
      [2, 'x'],
      [1, 'y'],
      [2, 'y'],
    ] as const)
      measure(value, name);
    await source.stop();
    await clock.advance(100_000);
    expect(sink.valuesOf('x')).toEqual([1, 2]);
    expect(sink.valuesOf('y')).toEqual([1]);
    expect(heldBack()).toBe(1);
    expect(clock.pending).toBe(0);
  });

  it('has the states, the failures and the check of its device', async () => {
    const { sink, source, state } = await reported([{ name: '*', deadband: 1 }]);
    state('failed', 'Unplugged.');
    expect(sink.states).toEqual([{ state: 'running' }, { state: 'failed', detail: 'Unplugged.' }]);
    expect(source.figures).toEqual({ failures: 3, heldBack: 0 });
    expect(await source.check()).toEqual([{ subject: 'x', verdict: 'ok', detail: 'Fine.' }]);
  });
});
