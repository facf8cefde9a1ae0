import { messageOf } from '@tashika/shared/errors';
import type { Clock, Duration } from '@tashika/shared/time';
import type { default as ModbusSerial } from 'modbus-serial';
import { aborted } from '../aborted.ts';
import { loadAddOn } from '../add-on.ts';
import type { DeviceSession, SensorDriver } from '../driver.ts';
import { NO_NUMBER } from '../fields.ts';
import { sensorName } from '../names.ts';
import { checkSerial } from '../serial/check.ts';
import { alone, type Block, blocksOf } from './blocks.ts';
import { registerValue } from './register-value.ts';
import { RtuPort } from './rtu-port.ts';
import type { ModbusConfiguration, Register } from './settings.ts';

type ClientClass = typeof ModbusSerial.default;
type Client = InstanceType<ClientClass>;

/** Registers of Modbus RTU devices; each reading's time is that of its answer. */
export function modbusDriver(configuration: ModbusConfiguration, clock: Clock): SensorDriver {
  const { name, path, reconnectMs } = configuration;
  return {
    name: `modbus:${name}`,
    reconnectMs,
    run: async (session, signal) => {
      try {
        await readUntil(configuration, clock, session, signal);
      } catch (error) {
        throw new Error(`${path}: ${messageOf(error)}`, { cause: error });
      }
    },
    check: async () => {
      const subject = `modbus ${name}`;
      try {
        await loadModbus();
      } catch (error) {
        return [{ subject, verdict: 'fail', detail: messageOf(error) }];
      }
      return checkSerial(subject, path);
    },
  };
}

async function loadModbus(): Promise<ClientClass> {
  return (await loadAddOn('modbus-serial', () => import('modbus-serial'))).default.default;
}

async function readUntil(
  configuration: ModbusConfiguration,
  clock: Clock,
  session: DeviceSession,
  signal: AbortSignal,
): Promise<void> {
  const Modbus = await loadModbus();
  const { timeoutMs, intervalMs } = configuration;
  const port = new RtuPort({ ...configuration, dataBits: 8 }, clock, timeoutMs);
  // A client that lost its line stays dead: every life has its own.
  const client = new Modbus(port);
  client.setTimeout(timeoutMs);
  client.on('error', () => {}); // the port itself tells
  await new Promise<void>((resolve, reject) => client.open((error: unknown) => (error ? reject(error) : resolve())));
  const ended = new AbortController();
  const reader = new RegisterReader(configuration, client, clock, ended.signal);
  const reading = async () => {
    for (let dueAt = clock.monotonic(); ; dueAt = Math.max(dueAt + intervalMs, clock.monotonic())) {
      await clock.sleep(Math.max(0, dueAt - clock.monotonic()), ended.signal);
      const trouble = await reader.round((register, value) => {
        const { sensor, unit } = register;
        const at = { monotonicMs: clock.monotonic() };
        session.measured({
          sensor: sensorName(configuration.name, sensor),
          value,
          at,
          ...(unit !== undefined && { unit }),
        });
      });
      session.running(trouble.length > 0 ? `${configuration.path}: ${trouble.join(' ')}` : undefined);
    }
  };
  try {
    await Promise.race([port.closed, aborted(signal), reading()]);
  } finally {
    ended.abort();
    await new Promise<void>((resolve) => client.close(resolve));
  }
}

/** Reads all registers once a round, and keeps the trouble of one from the others. */
class RegisterReader {
  readonly #configuration: ModbusConfiguration;
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  #blocks: readonly Block[];

  constructor(configuration: ModbusConfiguration, client: Client, clock: Clock, signal: AbortSignal) {
    this.#configuration = configuration;
    this.#client = client;
    this.#clock = clock;
    this.#signal = signal;
    this.#blocks = blocksOf(configuration.registers, configuration.maxGap);
  }

  /**
   * @returns a sentence for each unit and register that gave nothing
   * @throws Error when no unit answers: then it may be the line
   */
  async round(measured: (register: Register, value: number | boolean) => void): Promise<string[]> {
    const trouble: string[] = [];
    const silent = new Set<number>();
    let answered = false;
    const todo = [...this.#blocks];
    for (let block = todo.shift(); block; block = todo.shift()) {
      if (silent.has(block.unitId)) continue;
      try {
        const data = await this.#read(block);
        answered = true;
        for (const register of block.registers) {
          const value = registerValue(data, register.address - block.address, register);
          if (typeof value === 'number' && !Number.isFinite(value)) trouble.push(`${register.sensor}: ${NO_NUMBER}`);
          else measured(register, value);
        }
      } catch (error) {
        if (this.#signal.aborted) throw error;
        const exception = exceptionOf(error);
        if (exception !== undefined) {
          answered = true;
          const sensors = block.registers.map(({ sensor }) => sensor).join(', ');
          if (block.registers.length > 1 && REFUSALS.has(exception)) todo.unshift(...this.#apart(block));
          else trouble.push(`${sensors} of unit ${block.unitId}: ${messageOf(error)}.`);
        } else if (isTimeout(error)) {
          silent.add(block.unitId);
          trouble.push(`Unit ${block.unitId} does not answer.`);
        } else throw error;
      }
    }
    if (!answered) throw new Error(`${trouble.join(' ')} Look at the wiring, baudRate, parity and unitId.`);
    return trouble;
  }

  async #read(block: Block): Promise<Buffer> {
    const { address, count } = block;
    await this.#clock.sleep(silenceMs(this.#configuration.baudRate), this.#signal);
    this.#client.setID(block.unitId);
    try {
      switch (block.function) {
        case 'holding':
          return (await this.#client.readHoldingRegisters(address, count)).buffer;
        case 'input':
          return (await this.#client.readInputRegisters(address, count)).buffer;
        case 'coil':
          return (await this.#client.readCoils(address, count)).buffer;
        case 'discrete':
          return (await this.#client.readDiscreteInputs(address, count)).buffer;
      }
    } catch (error) {
      // What it answers late must not be taken for the answer to the next request.
      if (isTimeout(error)) await this.#clock.sleep(this.#configuration.timeoutMs, this.#signal);
      throw error;
    }
  }

  /** A device refuses a block as a whole for one register that it does not have: from now on each is read alone. */
  #apart(block: Block): Block[] {
    const pieces = block.registers.map(alone);
    this.#blocks = this.#blocks.flatMap((each) => (each === block ? pieces : [each]));
    return pieces;
  }
}

/** The pause that ends a frame: 3.5 characters, 1.75 ms from 19,200 bit/s on (Modbus over serial line 1.02, 2.5.1.1). */
function silenceMs(baudRate: number): Duration {
  return Math.ceil(baudRate > 19_200 ? 1.75 : (3.5 * 11 * 1_000) / baudRate);
}

/** Illegal function, address and value, and a failure: what a device answers for a register that it does not have. */
const REFUSALS: ReadonlySet<number> = new Set([1, 2, 3, 4]);

function exceptionOf(error: unknown): number | undefined {
  return (error as { modbusCode?: number }).modbusCode;
}

function isTimeout(error: unknown): boolean {
  return (error as { name?: unknown }).name === 'TransactionTimedOutError';
}
