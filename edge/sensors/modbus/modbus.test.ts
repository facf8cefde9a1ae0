import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { systemClock } from '@tashika/shared/time';
import ModbusSerial from 'modbus-serial';
import pino from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createSensors } from '../index.ts';
import { checksumOf } from '../serial/checksum.ts';
import { sensorsConfiguration } from '../testing/configuration.ts';
import { PtyPair } from '../testing/pty-pair.ts';
import { RecordingSink } from '../testing/recording-sink.ts';
import { requiredTool } from '../testing/required-tool.ts';

type Skippable = Parameters<typeof requiredTool>[1];

async function pluggedPair(context: Skippable): Promise<PtyPair> {
  const pair = new PtyPair(requiredTool('socat', context));
  onTestFinished(() => pair[Symbol.asyncDispose]());
  await pair.plug();
  return pair;
}

const ILLEGAL_ADDRESS = Object.assign(new Error('no such register'), { modbusErrorCode: 2 });

/** Two units on one line: 1 and 2. Register n of unit u holds 1000 × u + n; 90 and above are not there. */
async function units(pair: PtyPair, absent: ReadonlySet<number> = new Set()): Promise<{ asked: string[] }> {
  const asked: string[] = [];
  const answer = <T>(table: string, unitId: number, address: number, value: T): T | Promise<T> => {
    asked.push(`${table} ${unitId}/${address}`);
    if (unitId > 2 || absent.has(unitId)) return new Promise<T>(() => {});
    if (address >= 90) throw ILLEGAL_ADDRESS;
    return value;
  };
  const server = new ModbusSerial.ServerSerial(
    {
      getHoldingRegister: (address: number, unitId: number) =>
        answer('holding', unitId, address, 1_000 * unitId + address),
      getInputRegister: (address: number, unitId: number) => answer('input', unitId, address, 1_000 * unitId + address),
      getCoil: (address: number, unitId: number) => answer('coil', unitId, address, address % 2 === 0),
      getDiscreteInput: (address: number, unitId: number) => answer('discrete', unitId, address, address % 2 === 1),
    } as never,
    { path: pair.device, baudRate: 9_600, unitID: 255, interval: 5 } as never,
  );
  await once(server, 'initialized');
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { asked };
}

/** A device that does with each request what the test says. */
async function scripted(
  pair: PtyPair,
  answer: (request: Buffer, say: (bytes: Uint8Array) => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const device = await open(pair.device, 'r+');
  const listening = (async () => {
    const request = Buffer.alloc(8);
    for (let heard = 0; ; ) {
      const { bytesRead } = await device.read(request, heard, 8 - heard, null);
      heard += bytesRead;
      if (heard < 8) continue;
      heard = 0;
      await answer(Buffer.from(request), (bytes) => device.write(bytes));
    }
  })().catch(() => {}); // unplugged
  onTestFinished(async () => {
    await pair.unplug();
    await listening;
    await device.close();
  });
}

/** The answer to a request for one register, whose value is its address. */
function answerOf(request: Buffer): Buffer {
  const frame = Buffer.from([request[0]!, request[1]!, 2, request[2]!, request[3]!, 0, 0]);
  frame.writeUInt16LE(checksumOf('crc16-modbus', frame.subarray(0, 5)), 5);
  return frame;
}

async function started(settings: object): Promise<RecordingSink> {
  const modbus = [{ name: 'line', baudRate: 115_200, intervalMs: 20, timeoutMs: 1_000, reconnectMs: 10, ...settings }];
  const [source] = createSensors(sensorsConfiguration({ modbus }), {
    clock: systemClock,
    logger: pino({ level: 'silent' }),
  });
  onTestFinished(() => source!.stop());
  const sink = new RecordingSink();
  await source!.start(sink);
  return sink;
}

const seen = (sink: RecordingSink, sensor: string) => sink.valuesOf(`line/${sensor}`);

describe('Modbus RTU over a real tty', () => {
  it('reads all tables of several units on one line', async (context) => {
    const pair = await pluggedPair(context);
    await units(pair);
    const sink = await started({
      path: pair.agent,
      registers: [
        { sensor: 'volt', address: 3, scale: 0.1, unit: 'V' },
        { sensor: 'count', address: 4, type: 'u32', unitId: 2, wordOrder: 'little' },
        { sensor: 'input', address: 7, function: 'input' },
        { sensor: 'coil', address: 8, function: 'coil' },
        { sensor: 'discrete', address: 8, function: 'discrete', unitId: 2 },
      ],
    });
    await sink.until(() => seen(sink, 'discrete').length > 1);
    expect(sink.measurements.find(({ sensor }) => sensor === 'line/volt')).toEqual({
      sensor: 'line/volt',
      unit: 'V',
      value: 100.3,
      at: { monotonicMs: expect.any(Number) },
    });
    expect(seen(sink, 'count')[0]).toBe(2_005 * 65_536 + 2_004);
    expect(seen(sink, 'input')[0]).toBe(1_007);
    expect(seen(sink, 'coil')[0]).toBe(true);
    expect(seen(sink, 'discrete')[0]).toBe(false);
    expect(sink.states).toEqual([{ state: 'starting' }, { state: 'running' }]);
  });

  it('keeps a register that is not there from the others of its block, and names it', async (context) => {
    const pair = await pluggedPair(context);
    await units(pair);
    const registers = [
      { sensor: 'good', address: 88 },
      { sensor: 'bad', address: 90 },
      { sensor: 'fine', address: 89 },
    ];
    const sink = await started({ path: pair.agent, registers });
    await sink.until(() => seen(sink, 'fine').length > 2);
    expect(seen(sink, 'good')[0]).toBe(1_088);
    expect(seen(sink, 'bad')).toEqual([]);
    expect(sink.states.at(-1)).toEqual({
      state: 'running',
      detail: expect.stringMatching(/bad of unit 1: Modbus exception 2: Illegal data address/),
    });
  });

  it('asks a device that is busy for the same block again', async (context) => {
    const pair = await pluggedPair(context);
    const counts: number[] = [];
    await scripted(pair, async (request, say) => {
      counts.push(request.readUInt16BE(4));
      const busy = Buffer.from([request[0]!, request[1]! | 0x80, 6, 0, 0]);
      busy.writeUInt16LE(checksumOf('crc16-modbus', busy.subarray(0, 3)), 3);
      await say(busy);
    });
    const registers = [
      { sensor: 'a', address: 10 },
      { sensor: 'b', address: 11 },
    ];
    const sink = await started({ path: pair.agent, registers });
    await expect.poll(() => counts.length, { timeout: 10_000 }).toBeGreaterThan(2);
    expect(new Set(counts)).toEqual(new Set([2]));
    expect(sink.states.at(-1)!.detail).toContain('a, b of unit 1: Modbus exception 6');
  });

  it('reads the other units while one is absent, and reads that one when it is back', async (context) => {
    const pair = await pluggedPair(context);
    const absent = new Set([1]);
    await units(pair, absent);
    const registers = [
      { sensor: 'one', address: 1 },
      { sensor: 'far', address: 50 },
      { sensor: 'two', address: 1, unitId: 2 },
    ];
    const sink = await started({ path: pair.agent, timeoutMs: 200, registers });
    await sink.until(() => seen(sink, 'two').length > 1);
    expect(sink.states.at(-1)!.detail).toContain('Unit 1 does not answer.');
    expect(seen(sink, 'one')).toEqual([]);
    absent.clear();
    await sink.until(() => seen(sink, 'far').length > 0);
    expect(seen(sink, 'one')[0]).toBe(1_001);
    await sink.until(() => sink.states.at(-1)!.detail === undefined);
  });

  it('fails while nobody answers, and is well with a new client when the line is plugged in again', async (context) => {
    const pair = await pluggedPair(context);
    await units(pair);
    const sink = await started({ path: pair.agent, timeoutMs: 200, registers: [{ sensor: 'one', address: 1 }] });
    await sink.until(() => seen(sink, 'one').length > 0);
    await pair.unplug();
    await sink.until(() => sink.states.at(-1)!.state === 'failed');
    await pair.plug(); // a line with nobody on it
    await sink.until(() => /Unit 1 does not answer\. Look at the wiring/.test(sink.states.at(-1)!.detail ?? ''));
    await units(pair);
    const before = seen(sink, 'one').length;
    await sink.until(() => seen(sink, 'one').length > before);
    expect(sink.states.at(-1)!.state).toBe('running');
  });

  it('does not take an answer that comes late for the answer to the next request', async (context) => {
    const pair = await pluggedPair(context);
    let late = false;
    await scripted(pair, async (request, say) => {
      const second = request.readUInt16BE(2) === 20;
      if (second && !late) await systemClock.sleep(500);
      late ||= second;
      await say(answerOf(request));
    });
    const registers = [
      { sensor: 'a', address: 10 },
      { sensor: 'b', address: 20 },
    ];
    const sink = await started({ path: pair.agent, registers, timeoutMs: 400 });
    await sink.until(() => seen(sink, 'a').length > 0 && seen(sink, 'b').length > 0);
    expect(new Set(seen(sink, 'a'))).toEqual(new Set([10]));
    expect(new Set(seen(sink, 'b'))).toEqual(new Set([20]));
  });

  it('passes over the echo of a half-duplex adapter and a damaged answer, however the bytes are cut', async (context) => {
    const pair = await pluggedPair(context);
    let damaged = 0;
    await scripted(pair, async (request, say) => {
      await say(request);
      const answer = answerOf(request);
      if (request.readUInt16BE(2) === 20 && damaged++ === 0) answer[3]! ^= 1;
      for (const byte of answer) await say(Buffer.of(byte));
    });
    const registers = [
      { sensor: 'a', address: 10 },
      { sensor: 'b', address: 20 },
    ];
    const sink = await started({ path: pair.agent, timeoutMs: 1_500, registers });
    await sink.until(() => seen(sink, 'b').length > 0);
    expect(new Set(seen(sink, 'a'))).toEqual(new Set([10]));
    expect(seen(sink, 'b')).toEqual([20]);
    expect(damaged).toBe(2);
  });
});
