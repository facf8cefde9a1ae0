import Type, { type Static } from 'typebox';
import { fields, name } from '../source-settings.ts';
import { frameProblems, frameSchema } from './frame-settings.ts';
import { patternProblem } from './regex.ts';

export const linePath = Type.String({
  description: 'The device. Prefer `/dev/serial/by-id/…`, which stays the same after an unplug.',
  minLength: 1,
});

/** A device on a serial line. */
export const serialSchema = Type.Object({
  name,
  path: linePath,
  baudRate: Type.Integer({
    description: 'Speed of the line.',
    unit: 'bit/s',
    default: 9_600,
    minimum: 50,
    maximum: 4_000_000,
  }),
  dataBits: Type.Union([Type.Literal(7), Type.Literal(8)], { description: 'Bits of a character.', default: 8 }),
  parity: Type.Union([Type.Literal('none'), Type.Literal('even'), Type.Literal('odd')], {
    description: 'Parity bit.',
    default: 'none',
  }),
  stopBits: Type.Union([Type.Literal(1), Type.Literal(2)], { description: 'Stop bits.', default: 1 }),
  format: Type.Union(
    [Type.Literal('json'), Type.Literal('csv'), Type.Literal('nmea'), Type.Literal('regex'), Type.Literal('binary')],
    {
      description:
        'What a line is: a JSON object, comma-separated values, an NMEA 0183 sentence, or text that `pattern` reads. `binary`: no lines but frames of fixed length, as `frame` describes.',
    },
  ),
  pattern: Type.Optional(
    Type.String({
      description:
        'For `regex`: a JavaScript regular expression; each named group is a field: `T=(?<temp>[-0-9.]+)C`. A match that takes longer than a second stops this source.',
      minLength: 1,
    }),
  ),
  frame: Type.Optional(frameSchema),
  position: Type.Boolean({
    description:
      "For `nmea`: whether this receiver says where the whole device is. Then the readings of all sources carry the prefecture of its last fix, and the device's own `region` is for the time without one.",
    default: false,
  }),
  positionMaxAgeMs: Type.Integer({
    description: 'For `position`: how old the last fix may be.',
    unit: 'ms',
    default: 600_000,
    minimum: 1_000,
    maximum: 86_400_000,
  }),
  delimiter: Type.String({
    description: 'What separates CSV values.',
    default: ',',
    pattern: '^[^"\\r\\n]$',
    says: 'one character, but neither a double quote nor the end of a line',
  }),
  columns: Type.Array(Type.String({ minLength: 1 }), {
    description:
      'Names of the CSV columns in order. Empty: the first line of different words names them, and again after a reconnect or an unreadable line. Set them where the values are words.',
    default: [],
  }),
  fields,
  ignore: Type.Array(Type.String({ minLength: 1 }), {
    description: "Fields that are no readings, such as the device's own clock: a line's time is that of its arrival.",
    default: ['time', 'timestamp'],
  }),
  firstLine: Type.Union([Type.Literal('keep'), Type.Literal('drop')], {
    description:
      'What becomes of the first line after opening. `drop` for CSV, and for a pattern that matches a part, from a device that never pauses: the line may have lost its beginning, and half a number is a wrong number. (A cut JSON or NMEA line is noticed anyway.)',
    default: 'keep',
  }),
  maxLineBytes: Type.Integer({
    description: 'A longer line is thrown away and counted.',
    unit: 'bytes',
    default: 4_096,
    minimum: 16,
    maximum: 1_048_576,
  }),
  silentMs: Type.Optional(
    Type.Integer({
      description:
        'When no byte came for so long, the device is opened again. Left out: silence is nothing strange for it.',
      unit: 'ms',
      minimum: 100,
      maximum: 86_400_000,
    }),
  ),
  pollCommand: Type.Optional(
    Type.String({
      description:
        'For a device that speaks only when asked: what is written to it, text with its line end (`"READ\\r\\n"`), or bytes in hex after `0x` (`"0x ff 01 86 00 00 00 00 00 79"`).',
      minLength: 1,
    }),
  ),
  pollMs: Type.Integer({
    description: 'How often `pollCommand` is written. Longer than an answer takes.',
    unit: 'ms',
    default: 10_000,
    minimum: 10,
    maximum: 86_400_000,
  }),
  writeTimeoutMs: Type.Integer({
    description: 'How long the device may take to accept `pollCommand`; then it is opened again.',
    unit: 'ms',
    default: 2_000,
    minimum: 50,
    maximum: 60_000,
  }),
  reconnectMs: Type.Integer({
    description: 'First pause before a lost device is opened again; it doubles up to 30 s.',
    unit: 'ms',
    default: 1_000,
    minimum: 10,
    maximum: 30_000,
  }),
});

export type SerialConfiguration = Static<typeof serialSchema>;

/** What is wrong with the settings of all lines, a sentence each. */
export function serialProblems(lines: readonly SerialConfiguration[]): string[] {
  const receivers = lines.filter(({ position }) => position).map(({ name }) => name);
  const rivals = `sensors.serial: ${receivers.join(' and ')} have position, and only one can say where the device is.`;
  return [...lines.flatMap(lineProblems), ...(receivers.length > 1 ? [rivals] : [])];
}

function lineProblems(line: SerialConfiguration): string[] {
  const { format, pattern, frame, pollCommand, position } = line;
  const problems: string[] = [];
  if (format === 'regex')
    problems.push(pattern === undefined ? 'format regex needs pattern.' : (patternProblem(pattern) ?? ''));
  else if (pattern !== undefined) problems.push(`pattern is for format regex, and format is ${format}.`);
  if (format === 'binary') problems.push(...(frame ? frameProblems(frame) : ['format binary needs frame.']));
  else if (frame) problems.push(`frame is for format binary, and format is ${format}.`);
  if (position && format !== 'nmea') problems.push(`position is for format nmea, and format is ${format}.`);
  if (pollCommand !== undefined && commandBytes(pollCommand) === undefined)
    problems.push(`pollCommand begins with 0x and is not bytes in hex: ${JSON.stringify(pollCommand)}.`);
  return problems.filter((problem) => problem !== '').map((problem) => `sensors.serial ${line.name}: ${problem}`);
}

/** The bytes of a command, or undefined where it says hex and is none. */
export function commandBytes(command: string): Buffer | undefined {
  if (!command.startsWith('0x')) return Buffer.from(command);
  const digits = command.slice(2).replaceAll(' ', '');
  return /^([0-9a-fA-F]{2})+$/.test(digits) ? Buffer.from(digits, 'hex') : undefined;
}
