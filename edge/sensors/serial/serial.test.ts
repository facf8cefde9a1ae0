import { type Clock, systemClock } from '@tashika/shared/time';
import pino from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createSensors } from '../index.ts';
import type { SensorSource } from '../port.ts';
import { sensorsConfiguration } from '../testing/configuration.ts';
import { PtyPair } from '../testing/pty-pair.ts';
import { RecordingSink } from '../testing/recording-sink.ts';
import { requiredTool } from '../testing/required-tool.ts';

const logger = pino({ level: 'silent' });

async function pluggedPair(context: Parameters<typeof requiredTool>[1]): Promise<PtyPair> {
  const pair = new PtyPair(requiredTool('socat', context));
  onTestFinished(() => pair[Symbol.asyncDispose]());
  await pair.plug();
  return pair;
}

function serialSensor(settings: object): SensorSource {
  const serial = [{ name: 'house', reconnectMs: 10, ...settings }];
  const [source] = createSensors(sensorsConfiguration({ serial }), { clock: systemClock, logger });
  onTestFinished(() => source!.stop());
  return source!;
}

async function started(settings: object): Promise<RecordingSink> {
  const sink = new RecordingSink();
  await serialSensor(settings).start(sink);
  await sink.until(() => sink.count('running') > 0);
  return sink;
}

describe('a serial line over a real tty', () => {
  it('takes every one of 1,000 JSON lines, in order', async (context) => {
    const pair = await pluggedPair(context);
    const sink = await started({
      path: pair.agent,
      format: 'json',
      fields: [{ field: 'temp', unit: 'Cel' }, { field: 'n' }],
    });
    const before = systemClock.monotonic();
    await pair.say(...Array.from({ length: 1_000 }, (_, n) => `{"temp":${n / 10},"n":${n},"hum":51}\r\n`));
    await sink.until(() => sink.measurements.length >= 2_000);
    expect(sink.valuesOf('house/n')).toEqual(Array.from({ length: 1_000 }, (_, n) => n));
    expect(sink.measurements[0]).toEqual({
      sensor: 'house/temp',
      unit: 'Cel',
      value: 0,
      at: { monotonicMs: expect.any(Number) },
    });
    expect(sink.measurements[0]!.at!.monotonicMs).toBeGreaterThanOrEqual(before);
    expect(sink.measurements).toHaveLength(2_000);
  });

  it('says that the device was unplugged, and goes on when it is back', async (context) => {
    const pair = await pluggedPair(context);
    const sink = await started({ path: pair.agent, format: 'json' });
    await pair.say('{"n":1}\n');
    await sink.until(() => sink.measurements.length === 1);

    await pair.unplug();
    await sink.until(() => sink.count('failed') > 0);
    expect(sink.states.at(-1)!.detail).toContain(`${pair.agent}: `);

    await pair.plug();
    await sink.until(() => sink.count('running') === 2);
    await pair.say('{"n":2}\n');
    await sink.until(() => sink.measurements.length === 2);
    expect(sink.valuesOf('house/n')).toEqual([1, 2]);
  });

  it('notices an unplug that falls right after a line, which the driver does not tell', async (context) => {
    const pair = await pluggedPair(context);
    const sink = await started({ path: pair.agent, format: 'json' });
    for (let round = 1; round <= 3; round++) {
      await pair.say('{"n":1}\n');
      await pair.unplug();
      await sink.until(() => sink.states.at(-1)!.state === 'failed');
      await pair.plug();
      await sink.until(() => sink.count('running') === round + 1);
    }
  });

  it('tells a lasting absence once, however often it looks', async (context) => {
    const pair = await pluggedPair(context);
    await pair.unplug();
    const sink = new RecordingSink();
    await serialSensor({ path: pair.agent, format: 'json' }).start(sink);
    await sink.until(() => sink.count('failed') === 1);
    await pair.plug(); // takes many tries of 10, 20, 40 … ms
    await sink.until(() => sink.count('running') === 1);
    expect(sink.states.map(({ state }) => state)).toEqual(['starting', 'failed', 'running']);
  });

  it('forgets the half line that an unplug cut off', async (context) => {
    const pair = await pluggedPair(context);
    const sink = await started({ path: pair.agent, format: 'json' });
    await pair.say('{"n":1}\n{"n":');
    await sink.until(() => sink.measurements.length === 1);
    await pair.unplug();
    await sink.until(() => sink.count('failed') > 0);
    await pair.plug();
    await sink.until(() => sink.count('running') === 2);
    await pair.say('{"n":2}\n');
    await sink.until(() => sink.measurements.length === 2);
    expect(sink.valuesOf('house/n')).toEqual([1, 2]);
  });

  it('counts lines that it can not read, and reads on', async (context) => {
    const pair = await pluggedPair(context);
    const sink = await started({ path: pair.agent, format: 'json', maxLineBytes: 32 });
    await pair.say('nonsense\n', `{"n":"${'x'.repeat(100)}"}\n`, '\n[1]\n{"n":1e400,"ok":true}\n', '{"n":7}\n');
    await sink.until(() => sink.valuesOf('house/n').length === 1);
    expect(sink.measurements.map(({ sensor, value }) => [sensor, value])).toEqual([
      ['house/ok', true],
      ['house/n', 7],
    ]);
    expect(sink.states.at(-1)).toEqual({
      state: 'running',
      detail: expect.stringContaining('One of the lines could not be read so far; the last one: Not JSON.'),
    });
  });

  it('reads CSV by the header that the device sends', async (context) => {
    const pair = await pluggedPair(context);
    const sink = await started({
      path: pair.agent,
      format: 'csv',
      fields: [
        { field: 'temp (C)', sensor: 'temp', unit: 'Cel' },
        { field: 'hum', unit: '%RH' },
      ],
    });
    await pair.say('millis,temp (C),hum\n', '120,23.4,51\n', '220,nan,52\n');
    await sink.until(() => sink.measurements.length === 3);
    expect(sink.measurements.map(({ sensor, unit, value }) => [sensor, unit, value])).toEqual([
      ['house/temp', 'Cel', 23.4],
      ['house/hum', '%RH', 51],
      ['house/hum', '%RH', 52],
    ]);
  });

  it('can drop the first line, which may have lost its beginning', async (context) => {
    const pair = await pluggedPair(context);
    const sink = await started({ path: pair.agent, format: 'csv', columns: ['temp'], firstLine: 'drop' });
    await pair.say('3.4\n', '23.4\n');
    await sink.until(() => sink.measurements.length > 0);
    expect(sink.valuesOf('house/temp')).toEqual([23.4]);
  });

  it('reads a GPS receiver', async (context) => {
    const pair = await pluggedPair(context);
    const sink = await started({
      path: pair.agent,
      format: 'nmea',
      fields: [{ field: 'gga/lat' }, { field: 'rmc/speed' }],
    });
    await pair.say(
      '$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n',
      '$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A\r\n',
    );
    await sink.until(() => sink.measurements.length === 2);
    expect(sink.measurements).toMatchObject([
      { sensor: 'house/gga/lat', unit: 'lat', value: 48.1173 },
      { sensor: 'house/rmc/speed', unit: 'm/s', value: expect.closeTo(11.5235, 3) },
    ]);
  });

  it.for([true, false])('tells the place of a fix where it is to (position: %s)', async (position, context) => {
    const pair = await pluggedPair(context);
    const places: unknown[] = [];
    const serial = [{ name: 'house', path: pair.agent, format: 'nmea', position }];
    const onPosition = (place: unknown) => void places.push(place);
    const [source] = createSensors(sensorsConfiguration({ serial }), { clock: systemClock, logger, onPosition });
    onTestFinished(() => source!.stop());
    const sink = new RecordingSink();
    await source!.start(sink);
    await sink.until(() => sink.count('running') > 0);
    await pair.say('$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A\r\n');
    await sink.until(() => sink.measurements.length === 4);
    const munich = { latitude: expect.closeTo(48.1173, 4), longitude: expect.closeTo(11.5167, 4) };
    expect(places).toEqual(position ? [munich] : []);
  });

  it('reads frames, and finds them again after a lost byte', async (context) => {
    const pair = await pluggedPair(context);
    const frame = {
      bytes: 7,
      checksum: { kind: 'crc16-modbus' },
      layout: [{ field: 'temp', at: 3, type: 'i16', scale: 0.1, unit: 'Cel' }],
    };
    const sink = await started({ path: pair.agent, format: 'binary', frame });
    const bytes = Buffer.from('010302000a3843', 'hex');
    await pair.say(bytes, bytes.subarray(1), bytes);
    await sink.until(() => sink.measurements.length === 2);
    expect(sink.valuesOf('house/temp')).toEqual([1, 1]);
    expect(sink.states.at(-1)!.detail).toContain('They belong to no frame.');
  });

  it('stops the source whose pattern takes for ever, and not the agent', async (context) => {
    const pair = await pluggedPair(context);
    const sink = await started({ path: pair.agent, format: 'regex', pattern: '^(?<a>(a+)+)$', reconnectMs: 30_000 });
    await pair.say('aaa\n', `${'a'.repeat(60)}!\n`);
    await sink.until(() => sink.count('failed') === 1);
    expect(sink.states.at(-1)!.detail).toContain('The pattern took longer than');
    expect(sink.valuesOf('house/a')).toEqual(['aaa']);
  });

  it('asks a device that speaks only when asked', async (context) => {
    const pair = await pluggedPair(context);
    const asked = pair.answer('READ\r\n', (n) => `{"n":${n}}\n`);
    const sink = await started({ path: pair.agent, format: 'json', pollCommand: 'READ\r\n', pollMs: 10 });
    await sink.until(() => sink.measurements.length >= 3);
    expect(sink.valuesOf('house/n').slice(0, 3)).toEqual([1, 2, 3]);
    await asked.end();
  });

  it('opens a line anew that takes no more bytes, and goes on when it does again', async (context) => {
    const pair = await pluggedPair(context);
    const pollCommand = 'x'.repeat(2_000);
    const settings = { path: pair.agent, format: 'json', pollCommand, pollMs: 10, writeTimeoutMs: 200 };
    const sink = await started(settings);
    pair.freeze();
    await sink.until(() => sink.states.at(-1)!.state === 'failed');
    expect(sink.states.find(({ state }) => state === 'failed')!.detail).toContain('a write hung for 200 ms');
    await pair.unplug();
    await pair.plug();
    const asked = pair.answer(pollCommand, (n) => `{"n":${n}}\n`);
    await sink.until(() => sink.measurements.length > 0);
    expect(sink.states.at(-1)!.state).toBe('running');
    await asked.end();
  });

  it('opens a silent line anew, says so once, and runs when the device speaks again', async (context) => {
    const pair = await pluggedPair(context);
    const pauses: number[] = [];
    const clock: Clock = Object.create(systemClock, {
      sleep: {
        value: (delayMs: number, signal?: AbortSignal) => {
          pauses.push(delayMs);
          return systemClock.sleep(delayMs, signal);
        },
      },
    });
    const serial = [{ name: 'house', path: pair.agent, format: 'json', silentMs: 150, reconnectMs: 10 }];
    const [source] = createSensors(sensorsConfiguration({ serial }), { clock, logger });
    onTestFinished(() => source!.stop());
    const sink = new RecordingSink();
    await source!.start(sink);
    await sink.until(() => sink.count('running') > 0);
    await sink.until(() => sink.count('failed') === 1);
    expect(sink.states.at(-1)!.detail).toContain('Nothing came for 150 ms');
    await expect.poll(() => pauses, { timeout: 10_000 }).toEqual(expect.arrayContaining([10, 20, 40]));
    expect(sink.states.map(({ state }) => state)).toEqual(['starting', 'running', 'failed']);
    await pair.keepSaying('{"n":1}\n', () => sink.measurements.length > 0);
    expect(sink.states.slice(0, 4).map(({ state }) => state)).toEqual(['starting', 'running', 'failed', 'running']);
  });

  it('says nothing more once it is stopped, and leaves the line free', async (context) => {
    const pair = await pluggedPair(context);
    const sink = new RecordingSink();
    const source = serialSensor({ path: pair.agent, format: 'json' });
    await source.start(sink);
    await sink.until(() => sink.count('running') > 0);
    await source.stop();
    await source.stop();
    const told = sink.states.length;
    const next = await started({ path: pair.agent, format: 'json' });
    await pair.say('{"n":1}\n');
    await next.until(() => next.measurements.length === 1);
    expect(sink.measurements).toEqual([]);
    expect(sink.states).toHaveLength(told);
  });

  it('has one owner: a second agent is told so', async (context) => {
    const pair = await pluggedPair(context);
    await started({ path: pair.agent, format: 'json' });
    const second = new RecordingSink();
    await serialSensor({ path: pair.agent, format: 'json' }).start(second);
    await second.until(() => second.count('failed') > 0);
    expect(second.states.at(-1)!.detail).toMatch(/lock/i);
  });
});

describe('the check of a serial line', () => {
  it('is content with a tty that is there', async (context) => {
    const pair = await pluggedPair(context);
    const lines = await serialSensor({ path: pair.agent, format: 'json' }).check();
    expect(lines).toEqual([{ subject: 'serial house', verdict: 'ok', detail: expect.stringContaining('is there') }]);
  });

  it.each([
    ['/dev/tty-that-is-not-there', 'Plug the device in'],
    ['/etc/hostname', 'is no serial device'],
  ])('says what to do about %s', async (path, advice) => {
    const lines = await serialSensor({ path, format: 'json' }).check();
    expect(lines).toEqual([{ subject: 'serial house', verdict: 'fail', detail: expect.stringContaining(advice) }]);
  });
});
