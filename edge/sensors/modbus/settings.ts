import Type, { type Static } from 'typebox';
import { bytesOf } from '../binary-values.ts';
import { linePath } from '../serial/settings.ts';
import { name, oneOf, unit } from '../source-settings.ts';

const REGISTER_TYPES = ['u16', 'i16', 'u32', 'i32', 'f32', 'u64', 'i64', 'f64'] as const;

const registerSchema = Type.Object({
  sensor: Type.String({ description: "Name of the reading after the source's.", minLength: 1 }),
  unitId: Type.Integer({ description: "The device's address on the line.", default: 1, minimum: 1, maximum: 247 }),
  function: oneOf(['holding', 'input', 'coil', 'discrete'], {
    description:
      'Which table it is in: `holding` (function 3) and `input` registers (4), `coil` (1) and `discrete` inputs (2), which are true or false.',
    default: 'holding',
  }),
  address: Type.Integer({
    description:
      'Address as it goes over the line, counted from 0: what a manual calls 40001 or 30001 is 0 of `holding` or `input`.',
    minimum: 0,
    maximum: 65_535,
  }),
  type: oneOf(REGISTER_TYPES, {
    description: 'What the registers hold; the number is its bits, 16 to a register.',
    default: 'u16',
  }),
  wordOrder: oneOf(['big', 'little'], {
    description: 'Of several registers, which holds the highest bits: the first, or the last.',
    default: 'big',
  }),
  scale: Type.Number({ description: 'The reading is the number × `scale` + `offset`.', default: 1 }),
  offset: Type.Number({ description: 'See `scale`.', default: 0 }),
  unit,
});

/** A line with Modbus RTU devices. */
export const modbusSchema = Type.Object({
  name,
  path: linePath,
  baudRate: Type.Integer({
    description: 'Speed of the line.',
    unit: 'bit/s',
    default: 9_600,
    minimum: 300,
    maximum: 4_000_000,
  }),
  parity: oneOf(['none', 'even', 'odd'], {
    description: 'Parity bit. Modbus prescribes even, and many devices come with none.',
    default: 'none',
  }),
  stopBits: Type.Union([Type.Literal(1), Type.Literal(2)], { description: 'Stop bits.', default: 1 }),
  intervalMs: Type.Integer({
    description: 'How often the registers are read.',
    unit: 'ms',
    default: 10_000,
    minimum: 20,
    maximum: 86_400_000,
  }),
  timeoutMs: Type.Integer({
    description: 'How long a device may take to answer. An answer that comes up to so much later is thrown away.',
    unit: 'ms',
    default: 500,
    minimum: 20,
    maximum: 30_000,
  }),
  maxGap: Type.Integer({
    description:
      'Registers of a device are read in one request where at most so many lie unread between them. 0 reads neighbours together; more is faster, and some devices refuse to read what they do not have.',
    default: 0,
    minimum: 0,
    maximum: 100,
  }),
  registers: Type.Array(registerSchema, { description: 'What is read.', minItems: 1 }),
  reconnectMs: Type.Integer({
    description: 'First pause before a lost line is opened again; it doubles up to 30 s.',
    unit: 'ms',
    default: 1_000,
    minimum: 10,
    maximum: 30_000,
  }),
});

export type ModbusConfiguration = Static<typeof modbusSchema>;
export type Register = ModbusConfiguration['registers'][number];

/** Whether the register's table holds single bits. */
export function isBit(register: Pick<Register, 'function'>): boolean {
  return register.function === 'coil' || register.function === 'discrete';
}

/** How many addresses a value takes. */
export function width(register: Pick<Register, 'function' | 'type'>): number {
  return isBit(register) ? 1 : bytesOf(register.type) / 2;
}

/** What is wrong with a line's settings, a sentence each. */
export function modbusProblems({ name, registers }: ModbusConfiguration): string[] {
  const sensors = registers.map(({ sensor }) => sensor);
  return [
    ...registers
      .filter((register) => register.address + width(register) > 65_536)
      .map(({ sensor }) => `sensors.modbus ${name}: ${sensor} ends after the last address, 65535.`),
    ...[...new Set(sensors.filter((sensor, index) => sensors.indexOf(sensor) !== index))].map(
      (sensor) => `sensors.modbus ${name}: two registers are named ${sensor}; every one needs a name of its own.`,
    ),
  ];
}
