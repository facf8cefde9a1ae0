import { TestClock } from '@tashika/shared/time';
import pino from 'pino';
import { describe, expect, it } from 'vitest';
import type { SensorDriver } from './driver.ts';
import { supervise } from './supervisor.ts';
import { RecordingSink } from './testing/recording-sink.ts';

const logger = pino({ level: 'silent' });

/** A driver whose lives are scripted, the last one again and again. */
function driver(name: string, ...lives: SensorDriver['run'][]): SensorDriver & { runs: number } {
  return {
    name,
    runs: 0,
    run(session, signal) {
      const life = lives[Math.min(this.runs++, lives.length - 1)]!;
      return life(session, signal);
    },
    check: async () => [],
  };
}

const untilAborted: SensorDriver['run'] = (session, signal) => {
  session.running();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
};
const failing: SensorDriver['run'] = async () => {
  throw new Error('No such device.');
};

async function supervised(subject: SensorDriver) {
  const clock = new TestClock();
  const sink = new RecordingSink();
  const source = supervise(subject, { clock, logger });
  await source.start(sink);
  await clock.advance(0);
  return { clock, sink, source };
}

describe('a supervised sensor', () => {
  it('is tried again with growing pauses, and the same failure is told once', async () => {
    const subject = driver('x', failing);
    const { clock, sink, source } = await supervised(subject);
    const runs: number[] = [];
    for (const pause of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
      await clock.advance(pause - 1);
      runs.push(subject.runs);
      await clock.advance(1);
    }
    expect(runs).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(sink.states).toEqual([{ state: 'starting' }, { state: 'failed', detail: 'No such device.' }]);
    expect(source.figures).toEqual({ failures: 8, heldBack: 0 });
    await source.stop();
    expect(clock.pending).toBe(0);
  });

  it('has a signal of its own in each life, so that what listens to one ends with it', async () => {
    const signals: AbortSignal[] = [];
    const listening: SensorDriver['run'] = async (_, signal) => {
      signals.push(signal);
      if (signals.length < 4) throw new Error('No such device.');
      await untilAborted({ measured() {}, running() {} }, signal);
    };
    const { clock, source } = await supervised(driver('x', listening));
    await clock.advance(1_000 + 2_000 + 4_000);
    expect(new Set(signals).size).toBe(4);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true, false]);
    await source.stop();
    expect(signals.at(-1)!.aborted).toBe(true);
  });

  it('fails in words when its driver throws at once, or ends without being told to', async () => {
    const thrower = driver('x', () => {
      throw new Error('Broken at once.');
    });
    const { sink, source } = await supervised(thrower);
    expect(sink.states.at(-1)).toEqual({ state: 'failed', detail: 'Broken at once.' });
    await source.stop();
    const quitter = await supervised(driver('y', async () => {}));
    expect(quitter.sink.states.at(-1)).toEqual({ state: 'failed', detail: 'It ended without being told to.' });
    await quitter.source.stop();
  });

  it('runs again after a failure, and starts over with short pauses once it held', async () => {
    let lose = (_: Error) => {};
    const losing: SensorDriver['run'] = (session) => {
      session.running();
      return new Promise((_, reject) => {
        lose = reject;
      });
    };
    const subject = driver('x', failing, failing, failing, losing, failing, untilAborted);
    const { clock, sink, source } = await supervised(subject);
    await clock.advance(1_000 + 2_000 + 4_000);
    expect(sink.states.at(-1)).toEqual({ state: 'running' });
    await clock.advance(60_000);
    lose(new Error('Unplugged.'));
    await clock.advance(1_000 + 2_000);
    expect(sink.states.map(({ state }) => state)).toEqual([
      'starting',
      'failed',
      'running',
      'failed',
      'failed',
      'running',
    ]);
    await source.stop();
  });

  it('does not disturb the others', async () => {
    const broken = await supervised(driver('broken', failing));
    const sound = await supervised(driver('sound', untilAborted));
    await broken.clock.advance(100_000);
    expect(sound.sink.states).toEqual([{ state: 'starting' }, { state: 'running' }]);
    await broken.source.stop();
    await sound.source.stop();
  });

  it('can be stopped during a pause, twice, and before it was started', async () => {
    const { clock, sink, source } = await supervised(driver('x', failing));
    await source.stop();
    await source.stop();
    await clock.advance(100_000);
    expect(sink.count('failed')).toBe(1);
    await supervise(driver('y', failing), { clock, logger }).stop();
  });

  it('hands nothing on once it is stopped', async () => {
    let late = () => {};
    const { sink, source } = await supervised(
      driver('x', (session, signal) => {
        late = () => {
          session.measured({ sensor: 'x', value: 1 });
          session.running('late');
        };
        return untilAborted(session, signal);
      }),
    );
    const told = sink.states.length;
    await source.stop();
    late();
    expect(sink.measurements).toEqual([]);
    expect(sink.states).toHaveLength(told);
  });

  it('answers a check that throws with a failed line', async () => {
    const subject = { ...driver('x', failing), check: () => Promise.reject(new Error('Broken check.')) };
    const source = supervise(subject, { clock: new TestClock(), logger });
    expect(await source.check()).toEqual([{ subject: 'x', verdict: 'fail', detail: 'Broken check.' }]);
  });
});
