import type { Clock, Duration, TimerHandle } from '@tashika/shared/time';
import type { DeviceSession } from '../driver.ts';
import { watchEdges } from './edges.ts';
import type { CharacterLine, WatchOptions } from './libgpiod.ts';
import type { PulseCounter } from './pulse-counter.ts';
import type { StuckLine } from './stuck.ts';
import type { GpioTools } from './tools.ts';

export interface CountedLine {
  readonly name: string;
  readonly line: CharacterLine;
  readonly options: WatchOptions;
  readonly intervalMs: Duration;
  readonly counter: PulseCounter;
  readonly stuck: StuckLine;
}

/** Counts a line's pulses by `gpiomon`, and says count and rate once an interval, for as long as `signal` lets it. */
export async function countPulses(
  tools: GpioTools,
  { name, line, options, intervalMs, counter, stuck }: CountedLine,
  session: DeviceSession,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  let next: TimerHandle | undefined;
  const report = () => {
    next = clock.after(intervalMs, report);
    const at = { monotonicMs: clock.monotonic() };
    const { count, perSecond } = counter.report(at.monotonicMs);
    session.measured({ sensor: `${name}/count`, unit: 'count', value: count, at });
    session.measured({ sensor: `${name}/rate`, unit: '1/s', value: perSecond, at });
  };
  const onReady = () => {
    counter.watch(clock.monotonic());
    next = clock.after(intervalMs, report);
    stuck.start(session);
  };
  const onEdge = () => {
    counter.add();
    stuck.moved();
  };
  try {
    await watchEdges({ tools, line, options, onReady, onEdge, clock, signal });
  } finally {
    next?.cancel();
  }
}
